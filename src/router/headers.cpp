#include "router/router.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::router {
namespace {

constexpr std::size_t longest_value = 200;

// Header values: visible ASCII and blanks only; anything else would break or split the head.
void append_safe(std::string& out, std::string_view text) {
  for (const char c : text.substr(0, longest_value)) out += c < 0x20 || c > 0x7e ? '?' : c;
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  append_safe(out, value);
  out += "\r\n";
}

void append_two_digits(std::string& out, double share) {
  const auto hundredths = static_cast<int>(std::lround(std::clamp(share, 0.0, 9.99) * 100));
  const char text[] = {static_cast<char>('0' + hundredths / 100), '.',
                       static_cast<char>('0' + hundredths / 10 % 10),
                       static_cast<char>('0' + hundredths % 10)};
  out.append(text, sizeof text);
}

}  // namespace

void append_headers(std::string& out, const Decision& decision, const Facts& facts,
                    const core::FleetView& fleet, std::size_t position, double judged) {
  if (position < decision.ranked.size() && decision.ranked[position].model < fleet.models.size()) {
    const auto& model = fleet.models[decision.ranked[position].model];
    const auto& host = fleet.host_of(model);
    out += "x-codecrucible-provider: ";
    append_safe(out, host.name);
    // A simulated backend says so in every reply.
    out += host.simulated ? " (simulation)\r\n" : "\r\n";
    append_line(out, "x-codecrucible-model: ", model.id);
  }
  if (!decision.rule.empty()) append_line(out, "x-codecrucible-rule: ", decision.rule);
  if (!decision.tier.empty()) append_line(out, "x-codecrucible-tier: ", decision.tier);
  if (facts.verdict != nullptr) {
    append_line(out, "x-codecrucible-task: ", core::name(facts.verdict->type));
    append_line(out, "x-codecrucible-complexity: ", core::name(facts.verdict->complexity));
  }
  if (!decision.ranked.empty()) {
    out += "x-codecrucible-confidence: ";
    append_two_digits(out, judged >= 0 ? judged : decision.confidence);
    out += "\r\n";
  }
  if (decision.explored) out += "x-codecrucible-explored: true\r\n";
}

}  // namespace codecrucible::router

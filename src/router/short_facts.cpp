#include "router/router.hpp"

#include <cmath>

namespace codecrucible::router {
namespace {

constexpr std::size_t longest_value = 200;

// Header values: visible ASCII and blanks only; anything else would break or split the head.
std::string header_safe(std::string_view text) {
  std::string out(text.substr(0, longest_value));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return out;
}

std::string two_digits(double share) {
  const long hundredths = std::lround(share * 100);
  const std::string rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
}

}  // namespace

std::vector<std::pair<std::string_view, std::string>> short_facts(const Decision& decision,
                                                                  const Facts& facts,
                                                                  const core::FleetView& fleet,
                                                                  std::size_t position) {
  std::vector<std::pair<std::string_view, std::string>> out;
  out.reserve(8);
  if (position < decision.ranked.size() && decision.ranked[position].model < fleet.models.size()) {
    const auto& model = fleet.models[decision.ranked[position].model];
    const auto& host = fleet.host_of(model);
    out.emplace_back("x-codecrucible-provider",
                     header_safe(host.name) + (host.simulated ? " (simulated)" : ""));
    out.emplace_back("x-codecrucible-model", header_safe(model.id));
  }
  if (!decision.rule.empty()) out.emplace_back("x-codecrucible-rule", header_safe(decision.rule));
  if (!decision.tier.empty()) out.emplace_back("x-codecrucible-tier", header_safe(decision.tier));
  if (facts.verdict != nullptr) {
    out.emplace_back("x-codecrucible-task", core::name(facts.verdict->type));
    out.emplace_back("x-codecrucible-complexity", core::name(facts.verdict->complexity));
  }
  if (!decision.ranked.empty())
    out.emplace_back("x-codecrucible-confidence", two_digits(decision.confidence));
  if (decision.explored) out.emplace_back("x-codecrucible-explored", "true");
  return out;
}

}  // namespace codecrucible::router

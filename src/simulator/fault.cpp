#include "simulator/fault.hpp"

#include <array>
#include <charconv>

namespace codecrucible::simulator {
namespace {

constexpr std::array<std::string_view, 18> names{
    "none",    "reset",     "error500",    "overloaded",      "loading", "slow-first",      "stall",
    "cut",     "malformed", "wrong-model", "error-in-stream", "gzip",    "close-delimited", "garbage",
    "context", "empty",     "hang",        "unauthorized"};

std::optional<std::string_view> marked(std::string_view prompt) {
  constexpr std::string_view mark = "[[fault:";
  const auto at = prompt.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = prompt.substr(at + mark.size());
  const auto end = rest.find("]]");
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end);
}

}  // namespace

std::string_view name(Fault::Kind kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

std::optional<Fault> fault_of(std::string_view text) {
  const auto colon = text.find(':');
  const auto word = text.substr(0, colon);
  Fault fault;
  if (colon != std::string_view::npos) {
    const auto number = text.substr(colon + 1);
    std::from_chars(number.data(), number.data() + number.size(), fault.at);
  }
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i] != word) continue;
    fault.kind = static_cast<Fault::Kind>(i);
    return fault;
  }
  return std::nullopt;
}

std::optional<Fault> fault_in(std::string_view prompt) {
  const auto word = marked(prompt);
  return word ? fault_of(*word) : std::nullopt;
}

std::optional<std::string_view> unknown_fault_in(std::string_view prompt) {
  const auto word = marked(prompt);
  return word && !fault_of(*word) ? word : std::nullopt;
}

std::string fault_names() {
  std::string out;
  for (std::size_t i = 1; i < names.size(); ++i) out += (i == 1 ? "" : ", ") + std::string(names[i]);
  return out;
}

}  // namespace codecrucible::simulator

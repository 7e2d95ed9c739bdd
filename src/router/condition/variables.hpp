#pragma once

#include "core/fleet_view.hpp"
#include "router/facts.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::router::condition {

enum class Type : std::uint8_t {
  number,
  boolean,
  text,
  list,     // of texts
  headers,  // only through ['name']
  // Closed sets of names; inside a program they are numbers.
  task,
  complexity,  // ordered
  weekday,     // ordered; 1 = mon
  surface,
  prefer,
};

enum class Variable : std::uint8_t {
  task_type,
  complexity,
  complexity_score,
  classifier_confidence,
  prompt_tokens,
  max_tokens,
  context_files,
  prompt_length,
  keywords,
  has_tools,
  has_images,
  has_code,
  structured,
  stream,
  model,
  user,
  surface,
  prefer,
  hour,
  weekday,
  language,
  tool_loop,
  running,
  headers,
  vram_free,
  vram_total,
  provider_healthy,
  provider_queue,
  provider_running,
};

struct VariableInfo {
  std::string_view name;  // for provider facts only the part after the dot
  Variable variable;
  Type type;
};

// All variables with fixed names, and the facts that exist per provider.
std::span<const VariableInfo> variables() noexcept;
std::span<const VariableInfo> provider_facts() noexcept;

std::string_view describe(Type type) noexcept;  // "a number", "one of a set of names" …
bool is_set(Type type) noexcept;                // closed set of names
bool is_ordered(Type type) noexcept;

// The values a variable can have.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool whole = false;  // whole numbers only
  bool low_open = false, high_open = false;

  bool empty() const noexcept { return low > high || (low == high && (low_open || high_open)); }
  Range with(const Range& other) const noexcept;  // what both hold
};
Range range_of(Variable variable) noexcept;

// Names of a closed set, in the order of their numbers; `first_number` of weekday is 1.
std::vector<std::string> names_of(Type type);
std::optional<double> number_in(Type type, std::string_view name);

// What a condition looks at.
struct Scene {
  const Facts& facts;
  const core::FleetView& fleet;
};

// Values; `argument` is the header's or provider's name. Booleans and set members are numbers.
double number_of(Variable variable, std::string_view argument, const Scene& scene) noexcept;
std::string_view text_of(Variable variable, std::string_view argument, const Scene& scene) noexcept;
std::span<const std::string_view> list_of(Variable variable, const Scene& scene) noexcept;

}  // namespace codecrucible::router::condition

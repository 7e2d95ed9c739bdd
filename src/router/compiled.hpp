#pragma once

#include "router/condition/program.hpp"
#include "router/router.hpp"
#include "router/traits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::router {

// A target's name after reading: which part of the fleet it means.
struct Target {
  enum class Kind : std::uint8_t { tier, provider, provider_model, model, automatic };
  Kind kind = Kind::model;
  std::size_t tier = 0;
  std::string provider, model;
  Prefer prefer = Prefer::balanced;  // automatic
  std::string text;                  // as written
};

struct CompiledRule {
  Rule source;
  std::string name;  // never empty
  condition::Program condition;
  std::optional<Target> target;
  std::vector<std::pair<double, Target>> arms;  // share (sum 1) and where to
  struct Fallback {
    std::optional<core::Cause> cause;
    std::vector<Target> targets;
  };
  std::vector<Fallback> fallback;
  bool honours_explicit = false;  // may speak although the client said what it wants

  bool routes() const noexcept { return target.has_value() || !arms.empty(); }
};

struct CompiledTier {
  std::string name;
  std::vector<Target> targets;
};

struct Compiled {
  explicit Compiled(const Settings& from) : settings(from) {}
  Settings settings;
  std::vector<CompiledRule> rules;
  std::vector<CompiledTier> tiers;  // at most 64
  std::vector<std::string> providers;
  TraitsCache traits;

  std::optional<std::size_t> tier_of(std::string_view name) const noexcept;
  // For escalation: the rule's own (if one speaks and has one), else the tier's; none: the general one
  // counts.
  std::optional<double> own_threshold(const Rule* rule, std::string_view tier) const noexcept;
};

// Reads a target as the comment in settings.hpp says. `automatic` only where an alias points to it.
Target read_target(std::string_view text, const Compiled& compiled);

// Whether a model of the fleet belongs to a target. Models must fit at least loosely or by short name.
bool belongs(const Target& target, const Traits& traits, const core::HostView& host,
             const core::ModelView& model) noexcept;

// "auto", "auto-fast", "auto-quality" in any spelling.
std::optional<Prefer> virtual_model(std::string_view name) noexcept;

// What is known of a model apart from the fleet's state; from the cache when it was seen before.
Traits make_traits(const Compiled& compiled, std::string_view provider, std::string_view id);

// Rules that can never speak, as warnings.
void find_unreachable(const Compiled& compiled, std::vector<Problem>& problems);

}  // namespace codecrucible::router

#pragma once

#include "core/task.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace codecrucible::router {

// What the operator decided about routing. Plain values: config/ parses YAML into them, `compile` checks
// them. All names (providers, models, tiers) are matched without regard to case; models also without
// ":latest" and without the publisher before the last '/'.
//
// A *target* is one of: a provider ("ollama"), "provider/model", a model ("qwen2.5:72b"), a tier ("quality").
// The most specific reading wins in the order tier, provider, provider/model, model.

// What a request or a rule wishes for.
enum class Prefer : std::uint8_t { balanced, fast, quality };

// One arm of an A/B split.
struct Split {
  std::string target;
  double weight = 1;  // share = weight / sum of all weights; > 0
};

// What keeps a client on its arm of a split.
enum class StickBy : std::uint8_t { conversation, user };

// Where to go when an attempt failed, before the other candidates.
struct FallbackList {
  std::vector<std::string> causes;   // core::label(cause), e.g. "overloaded", "refused"; empty = any cause
  std::vector<std::string> targets;  // in this order
};

// Refuse instead of routing.
struct Deny {
  std::string reason;  // told to the client
  int status = 403;    // 403 (forbidden) or 400 (bad request)
};

// First rule whose condition is true wins. Exactly one of target, model, tier, weights, deny says what to do;
// `target` + `model` together mean "this model of this provider". A rule with none of them only sets
// confidence, escalation threshold, prefer or local_only for the utility to work with.
//
// Which requests a rule speaks for: those that ask for `auto`. An explicit wish (concrete model, auto-fast,
// auto-quality, x-codecrucible-prefer) is honoured before rules, except by rules that deny, rules with
// `always`, and rules whose condition reads `model` or `prefer`, for these know what they do.
struct Rule {
  std::string name;       // short; shown in x-codecrucible-rule. Empty: description, else "rule N"
  std::string condition;  // condition language (docs/routing.md); empty = always true
  std::string target, model, tier;
  std::vector<Split> weights;
  StickBy stick_by = StickBy::conversation;
  std::vector<std::string> users;  // only for these users; empty = everybody
  std::vector<FallbackList> fallback;
  std::optional<Deny> deny;
  std::optional<double> confidence;            // 0..1: how sure the operator is; 0.9 if not given
  std::optional<double> escalation_threshold;  // 0..1; answers less sure than this escalate
  std::optional<Prefer> prefer;
  bool local_only = false;  // only providers marked local
  bool only = false;        // nobody but the target (and fallback lists): else no_backend
  bool always = false;      // see above
  bool enabled = true;
  std::string description;
  int line = 0, column = 0;  // of the condition's text in the config file, 1-based; 0 = unknown
};

// Of a rule that says nothing of it.
inline constexpr double default_rule_confidence = 0.9;

// What a rule is called in reply headers and records: its name, description, or its place ("rule 3").
std::string name_of(const Rule& rule, std::size_t index);

// A named group of models; "fast" and "quality" also serve auto-fast and auto-quality.
struct Tier {
  std::string name;
  std::vector<std::string> targets;  // providers, "provider/model" or models; order breaks ties
};

// Another name for a model; a virtual model may be the target: {"gpt-4o*", "auto-quality"}.
struct Alias {
  std::string name;  // may hold '*'
  std::string target;
};

// What the operator knows better than we guess. The first match counts, field by field.
struct ModelOverride {
  std::string match;              // model or "provider/model"; may hold '*'
  std::optional<double> quality;  // 0..1: share of medium general requests it answers well
  std::array<std::optional<double>, core::task_type_count> task_quality{};  // the same per task type
  std::optional<double> parameters_billion;
  std::optional<double> active_billion;  // mixture of experts: parameters at work per token
  std::string tier;                      // puts it into this tier
  bool hidden = false;                   // never chosen by auto; a concrete name still reaches it
};

// Per provider of the config.
struct ProviderSettings {
  std::string name;
  // Models that auto may use, in order of preference. If none of them is present there, or none is listed:
  // all models of the host.
  std::vector<std::string> models;
  bool local = true;  // false: data leaves the machine or the house; requests marked private avoid it
  std::string tier;   // puts all its models into this tier
};

// utility = quality - time_weight * factor(prefer) * ln(1 + seconds / time_scale)
struct UtilitySettings {
  double time_weight = 0.06;
  std::chrono::milliseconds time_scale{5000};
  double fast_factor = 8;
  double quality_factor = 0.1;
  // Sizes taken when neither the backend nor the id tells.
  double default_parameters_billion = 8;
  // Weight of the prior against learned quality, in observations.
  double prior_weight = 20;
  // Speeds of a model nobody has measured: tokens/s = this / billions of active parameters.
  double decode_per_billion = 450;
  double prefill_per_billion = 9000;
  double load_gigabytes_per_second = 1;
  // Room kept for the answer when the client gives no max_tokens.
  std::int64_t answer_reserve = 256;
};

enum class ExplorationMode : std::uint8_t { epsilon, softmax };

// Whether others than the best one are tried.
enum class Exploring : std::uint8_t {
  never,          // not even with a learned policy
  with_learning,  // where a learned policy decides: it says whom
  always,         // also without one, by `mode`
};

// Trying others than the best one, to learn, within the budget and the gap.
struct ExplorationSettings {
  Exploring enabled = Exploring::with_learning;
  ExplorationMode mode = ExplorationMode::epsilon;
  double budget = 0.05;       // largest share of eligible requests that do not get the best candidate
  double temperature = 0.05;  // softmax over utilities
  double max_gap = 0.15;      // candidates this much below the best are never tried
};

struct StickinessSettings {
  bool conversations = true;  // tool loops always stick
  // A running conversation moves to another model only upward, and only for this much more quality.
  double upward_gap = 0.15;
};

// What to do with a model name that nobody has.
enum class UnknownModel : std::uint8_t { refuse, automatic };

struct Settings {
  std::vector<Rule> rules;
  std::vector<Tier> tiers;
  std::vector<Alias> aliases;
  std::vector<ModelOverride> models;
  std::vector<ProviderSettings> providers;
  UtilitySettings utility;
  ExplorationSettings exploration;
  StickinessSettings stickiness;
  double escalation_threshold = 0.6;
  // Where the tier that a rule or wish chose asks for more or less; a rule's own threshold goes before.
  std::vector<std::pair<std::string, double>> tier_thresholds;
  UnknownModel unknown_model = UnknownModel::refuse;
};

}  // namespace codecrucible::router

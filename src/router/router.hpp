#pragma once

#include "core/fleet_view.hpp"
#include "core/result.hpp"
#include "router/decision.hpp"
#include "router/explanation.hpp"
#include "router/facts.hpp"
#include "router/settings.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace codecrucible::router {

// How others than the best are tried with what was learned.
enum class Trial : std::uint8_t {
  none,      // they are not
  thompson,  // each as often as it is believed to be the best
  linucb,    // the one that might be the best, counting its doubt as hope
};

// Quality seen in real use, per model × task × complexity; made by learning/, read by `decide`.
struct QualityTable {
  struct Cell {
    float mean = 0;    // 0..1
    float weight = 0;  // observations; 0 = nothing known
    float doubt = 0;   // deviation of what sets this model apart from others here
  };
  using Cells = std::array<std::array<Cell, core::complexity_count>, core::task_type_count>;
  // Model id as the FleetView spells it; an empty provider means any.
  void set(std::string_view provider, std::string_view model, core::TaskType task,
           core::Complexity complexity, Cell cell);
  const Cells* find(std::string_view provider, std::string_view model) const noexcept;

  // Escalation begins here for a kind of task, in place of the general threshold; empty: as configured.
  std::array<std::optional<float>, core::task_type_count> thresholds{};

  // How often what a rule chose first proved good: share 0..1, and observations.
  struct RuleWord {
    float good = 0;
    float weight = 0;
  };
  void set_rule(std::string_view rule, RuleWord word);
  // Confidence of that rule: its owner's word counts as `owners_word` observations.
  static constexpr double owners_word = 20;
  double rule_confidence(std::string_view rule, double configured) const noexcept;

  Trial trial = Trial::none;

 private:
  std::vector<std::pair<std::uint64_t, Cells>> rows_;      // sorted by hash
  std::vector<std::pair<std::uint64_t, RuleWord>> rules_;  // sorted by hash
};

// One thing wrong with the settings; `place` is a path like "routing.rules[2].condition".
struct Problem {
  bool fatal = true;  // false: a warning, e.g. a rule that can never speak
  std::string place;
  std::size_t offset = 0;    // into the text at fault (bytes)
  int line = 0, column = 0;  // in the config file when the settings knew it, else within the text, 1-based
  std::string message;       // what is wrong, what is allowed, what was perhaps meant
};

// Names that exist, for checking conditions and targets. Models are only checked (as warnings) if given.
struct KnownNames {
  std::vector<std::string> providers;
  std::vector<std::string> models;
};

struct Compiled;  // rules as programs; immutable

// Everything that `decide` needs from the config: an immutable value, cheap to copy, shared by all workers.
struct Policy {
  std::shared_ptr<const Compiled> compiled;
  std::shared_ptr<const QualityTable> learned;  // may be null; swap it in a copy of the policy
  std::vector<Problem> warnings;
  // Some rule may send a request elsewhere than to the model that the client named: it denies, stands
  // `always`, or reads `model` or `prefer`. Without one, such a request needs no verdict.
  bool overrules_names = false;
};

// All problems of the settings, in their order; empty = good.
std::vector<Problem> check(const Settings& settings, const KnownNames& known);

// The policy, or a bad_request failure that lists every fatal problem, one per line.
core::Result<Policy> compile(const Settings& settings, const KnownNames& known);

struct Resolved;

// Where this request goes. Pure: same arguments, same answer. `random01` in [0, 1) serves exploration and
// splits without a key. Never throws for any input; what cannot be served is `refusal`.
// `asked`: what `resolve` says of facts.model with this policy and fleet, if the caller knows it already.
Decision decide(const Facts& facts, const Policy& policy, const core::FleetView& fleet, double random01,
                const Resolved* asked = nullptr);

// The same decision with all its reasons. Slow (allocates freely).
Explanation explain(const Facts& facts, const Policy& policy, const core::FleetView& fleet, double random01);

// What a model name means: used by /v1/models/{id}, embeddings and doctor.
struct Resolved {
  enum class Kind : std::uint8_t { automatic, concrete, unknown };
  Kind kind = Kind::unknown;
  Prefer prefer = Prefer::balanced;  // auto-fast, auto-quality
  bool by_alias = false;
  std::vector<std::size_t> models;   // concrete: every replica, indices into FleetView::models
  std::vector<std::string> nearest;  // unknown: what was perhaps meant
};
Resolved resolve(std::string_view model, const Policy& policy, const core::FleetView& fleet);

// Appends the reply headers that belong to a decision ("x-codecrucible-rule: …\r\n"). Provider and model are
// those of ranked[position]; the gateway adds cache, attempts, escalated. `judged`: how sure the answer
// itself is, told in place of the decision's confidence; negative = not judged. Values are header-safe.
void append_headers(std::string& out, const Decision& decision, const Facts& facts,
                    const core::FleetView& fleet, std::size_t position = 0, double judged = -1);

// Checks one condition alone, as `config check` and editors do; empty = good.
std::vector<Problem> check_condition(std::string_view condition, const KnownNames& known);

// Parameters in billions read from an id: "qwen2.5:72b" 72, "mixtral-8x7b" 47, "qwen3-30b-a3b" 30 (3 active).
struct ModelSize {
  double total = 0;   // 0 = the id does not tell
  double active = 0;  // = total unless a mixture of experts
};
ModelSize size_from_id(std::string_view id) noexcept;

}  // namespace codecrucible::router

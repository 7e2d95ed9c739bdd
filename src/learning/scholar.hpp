#pragma once

#include "history/reader.hpp"
#include "learning/bandit.hpp"
#include "learning/priors.hpp"
#include "learning/rule_words.hpp"
#include "learning/thresholds.hpp"
#include "router/router.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::learning {

// What one record teaches: how well a model did on a kind of task.
struct Lesson {
  std::string model;
  core::TaskType task = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  double quality = 0;   // 0..1
  double weight = 1;    // how much the word counts
  bool spoken = false;  // by a person, or by what came next; else the answer was only judged

  // For thresholds and rules; only where the gateway chose the model.
  double judged = -1;       // P(good) of this answer as it was judged; negative = it was not
  bool escalated = false;   // it is a stronger model's, after the first one's was doubted
  std::string rule;         // that made the choice; empty = none
  double rule_quality = 0;  // of what that rule chose first …
  double rule_weight = 0;   // … 0 = nothing was said of it
};

// None if nobody said anything about the answer. A person's word and what follow-ups tell count by their
// weights; the judged confidence of the answer alone counts a quarter. Failures of backends teach nothing of
// quality: breakers and releases look at them.
std::optional<Lesson> lesson_of(const history::Kept& kept);

// Everything learned: the quality of models over the tasks and complexities of the classifier, where
// escalation shall begin per task, and how far rules can be trusted.
class Scholar {
 public:
  explicit Scholar(const Settings& settings);

  void learn(const Lesson& lesson, const std::map<std::string, Cells>& priors);
  // For the router: of each model with a prior, what was learned, with such weights that the router's own
  // mixing gives the belief's mean, and how sure that is. Models without a prior are left out.
  std::shared_ptr<const router::QualityTable> table(const std::map<std::string, Cells>& priors,
                                                    const router::Settings& routing) const;

  const Bandit& bandit() const noexcept { return bandit_; }
  const Thresholds& thresholds() const noexcept { return thresholds_; }
  const RuleWords& rules() const noexcept { return rules_; }
  // The threshold for this kind of task; none: the general one.
  std::optional<double> threshold(core::TaskType task, double general) const {
    return thresholds_.threshold(task, general, reach_);
  }
  std::string written() const;
  // A state of before thresholds and rules were learned is read, too.
  bool read(std::string_view text);

 private:
  Algorithm algorithm_;
  double reach_, forgetting_;
  bool learns_rules_;
  Bandit bandit_;
  Thresholds thresholds_;
  RuleWords rules_;
};

}  // namespace codecrucible::learning

#pragma once

#include "history/reader.hpp"
#include "learning/bandit.hpp"
#include "learning/priors.hpp"
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
  double quality = 0;  // 0..1
  double weight = 1;   // how much the word counts
};

// None if nobody said anything about the answer. A person's word and what follow-ups tell count by their
// weights; the judged confidence of the answer alone counts a quarter. Failures of backends teach nothing of
// quality: breakers and releases look at them.
std::optional<Lesson> lesson_of(const history::Kept& kept);

// Everything learned of the quality of models, over the tasks and complexities of the classifier.
class Scholar {
 public:
  explicit Scholar(const Settings& settings);

  void learn(const Lesson& lesson, const std::map<std::string, Cells>& priors);
  // For the router: of each model with a prior, what was learned, with such weights that the router's own
  // mixing gives the belief's mean, and how sure that is. Models without a prior are left out.
  std::shared_ptr<const router::QualityTable> table(const std::map<std::string, Cells>& priors,
                                                    double prior_weight) const;

  const Bandit& bandit() const noexcept { return bandit_; }
  std::string written() const { return bandit_.written(); }
  bool read(std::string_view text) { return bandit_.read(text); }

 private:
  Algorithm algorithm_;
  Bandit bandit_;
};

}  // namespace codecrucible::learning

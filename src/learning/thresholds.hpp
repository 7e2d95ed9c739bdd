#pragma once

#include "core/task.hpp"
#include "learning/words.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace codecrucible::learning {

// Where escalation shall begin, per kind of task. An operator who escalates below P(good) = t pays, in his
// own measure, what a stronger model is better by than t. Two things move that point: how good answers of
// this kind really are that look t (a shift of the judge's logit, learned by a recursive Bayesian logistic
// step), and by how much the stronger model's answers fall short of what the rules expect, or exceed it. With
// nothing learned it is t. Not thread-safe.
class Thresholds {
 public:
  // An answer that was judged `judged` (P(good), 0..1), seen by the client and spoken of.
  void saw(core::TaskType task, double judged, double quality, double weight);
  // A stronger model's answer after an escalation; `expected`: quality that the rules expect of it.
  void escalated(core::TaskType task, double expected, double quality, double weight);
  // What is known fades by this per word: drift.
  void fade(core::TaskType task, double keep);

  struct View {
    double shift = 0;                         // of the logit of what the judge says
    double gain = 0;                          // quality of stronger answers above what was expected
    std::uint64_t judged = 0, escalated = 0;  // words heard
  };
  View view(core::TaskType task) const;
  // For `general`, at most `reach` away from it and within 0.05 … 0.95; none if nothing was heard or it is 0.
  std::optional<double> threshold(core::TaskType task, double general, double reach) const;

  void write(std::string& out) const;
  bool read(Words& words);  // false: of another form, nothing changes

 private:
  struct Kind {
    double information = 0, precision = 0;  // of the shift, beyond the prior
    double sum = 0, weight = 0;             // of (quality - expected)
    std::uint64_t judged = 0, escalated = 0;
  };
  static double shift_of(const Kind& kind) noexcept;
  const Kind& at(core::TaskType task) const { return kinds_[static_cast<std::size_t>(task)]; }
  Kind& at(core::TaskType task) { return kinds_[static_cast<std::size_t>(task)]; }

  std::array<Kind, core::task_type_count> kinds_{};
};

}  // namespace codecrucible::learning

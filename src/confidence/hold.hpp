#pragma once

#include "confidence/model.hpp"
#include "confidence/settings.hpp"
#include "core/clock.hpp"

#include <cstdint>
#include <memory>

namespace codecrucible::confidence {

enum class Step : std::uint8_t {
  hold,      // keep the event back, show nothing yet
  commit,    // good enough or the window is over: call commit() and let everything flow
  escalate,  // not good enough: cancel this backend and let the next step of the ladder answer
};

// What this request asks of its answer.
struct Terms {
  float threshold = 0.6F;    // P(good) below it escalates
  bool may_escalate = true;  // false (last step, budget gone, `never`): a failure alone escalates
  bool whole = false;        // stream: false, judged at its end (or when nothing can save it any more)
  Offset offset;             // of the model that answers
};

// An answer that the client sees: nothing is delayed any more, but reading goes on, for the record and for
// learning.
class Live {
 public:
  void feed(const core::Event& event) { evidence_.feed(event); }
  const Evidence& evidence() const noexcept { return evidence_; }
  Judgement judgement() const;

 private:
  friend class Held;
  friend Live watch(const Facts& facts, std::shared_ptr<const Model> model, Offset offset);
  Live(Evidence evidence, std::shared_ptr<const Model> model, Offset offset)
      : evidence_(std::move(evidence)), model_(std::move(model)), offset_(offset) {}
  Evidence evidence_;
  std::shared_ptr<const Model> model_;
  Offset offset_;
};

// An answer that the client does not see yet. The caller keeps the bytes; this says what to do with them.
// Deterministic: time is passed in. A pick that is not to be held becomes live at once with `watch`.
class Held {
 public:
  Held(const Facts& facts, const Settings& settings, const Terms& terms, std::shared_ptr<const Model> model);

  Step feed(const core::Event& event, core::Time now);
  // Time alone ends the window too: call when `until()` has passed with nothing new.
  Step tick(core::Time now);
  core::Time until() const noexcept;  // end of the window; max while no token has come, or a call is held
  // When to tick next: half of the window, where doubt is looked for, then its end.
  core::Time look_at() const noexcept;

  // True when the stronger backend may be started beside this one (both hosts have room): doubt, at half of
  // the window or by a sign that nothing later can undo.
  bool doubtful() const noexcept { return doubtful_; }

  const Evidence& evidence() const noexcept { return evidence_; }
  const Judgement& judgement() const noexcept { return judgement_; }  // behind the last step

  // A second answer has come (agreement): judged again with it.
  Step compare(std::string_view second);

  Live commit() &&;

 private:
  Step decide(core::Time now);

  Evidence evidence_;
  std::shared_ptr<const Model> model_;
  Terms terms_;
  int hold_tokens_;
  core::Duration hold_time_;
  bool whole_tool_calls_;
  bool doubtful_ = false;
  bool looked_ = false;  // at half of the window
  core::Time first_token_ = core::Time::max();
  Judgement judgement_;
};

Live watch(const Facts& facts, std::shared_ptr<const Model> model, Offset offset);

}  // namespace codecrucible::confidence

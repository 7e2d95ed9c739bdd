#pragma once

#include "core/event.hpp"

namespace codecrucible::gateway {

// Hears what a backend answers, event by event and in order, also where its bytes go on to the client as they
// came. Costs the same-dialect lane the decoding of each event, so nobody listens without need.
class AnswerListener {
 public:
  virtual ~AnswerListener() = default;
  // An attempt begins: what was heard of an earlier one is not what the client sees.
  virtual void begin() {}
  // Views in `event` live for this call only.
  virtual void hear(const core::Event& event) = 0;
  // All was heard and nothing was wrong; the client has not read the end yet.
  virtual void end() {}
  // What was heard since the attempt began goes to the client now.
  virtual void shown() {}
  // And that was all of it: the reply ends regularly, unless a failure was heard.
  virtual void shown_all() {}
};

}  // namespace codecrucible::gateway

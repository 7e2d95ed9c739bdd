#include "history/signals.hpp"

#include <algorithm>

namespace codecrucible::history {
namespace {

// How bad it is that somebody did so: 0 = the answer was useless, 1 = nothing wrong with it.
constexpr double value_of_regenerate = 0.2;
constexpr double value_of_edit = 0.4;
constexpr double value_of_complaint = 0.1;
constexpr double value_of_tool_failure = 0.2;
constexpr double value_of_escalation = 0.0;
constexpr double value_of_abandoned = 0.3;

// The end of an answer and the arrival of the next request are measured by two workers.
constexpr auto slack = std::chrono::milliseconds(2);

Signal signal(SignalKind kind, double value, double weight, Wall at, std::string model) {
  Signal one;
  one.kind = kind;
  one.value = value;
  one.weight = weight;
  one.at = at;
  one.model = std::move(model);
  return one;
}

}  // namespace

std::vector<Signal> signals_between(const Seen& before, const Record& now, const SignalSettings& settings) {
  std::vector<Signal> out;
  const auto& then = before.turn;
  const auto& turn = now.turn;
  if (!before.answered || then.all == 0 || turn.all == 0 || then.client != turn.client) return out;
  const auto end = before.at + std::chrono::duration_cast<Wall::duration>(before.duration);
  if (now.at < end - slack || now.at > end + settings.within) return out;  // asked in parallel, or much later
  const auto gap = std::max(now.at - end, Wall::duration::zero());
  const auto add = [&](SignalKind kind, double value, double weight) {
    if (weight > 0) out.push_back(signal(kind, value, weight, now.at, before.model));
  };
  const bool goes_on = turn.messages > then.messages;
  if (goes_on && before.tool_calls && turn.tool_failed) {
    add(SignalKind::tool_failure, value_of_tool_failure, settings.tool_failure);
  }
  if (gap < settings.pause) return out;
  if (goes_on && turn.complains && turn.user_position >= then.messages) {
    add(SignalKind::complaint, value_of_complaint, settings.complaint);
  }
  if (turn.messages != then.messages) return out;
  if (turn.all == then.all) {
    add(SignalKind::regenerate, value_of_regenerate, settings.regenerate);
  } else if (turn.before == then.before && turn.user_position == then.user_position &&
             turn.user_position + 1 == turn.messages && turn.last != then.last) {
    add(SignalKind::edit, value_of_edit, settings.edit);
  }
  return out;
}

std::vector<Signal> signals_within(const Record& record, const SignalSettings& settings) {
  std::vector<Signal> out;
  if (record.attempts.empty()) return out;
  if (record.escalated && record.attempts.size() > 1 && settings.escalation > 0) {
    out.push_back(signal(SignalKind::escalation, value_of_escalation, settings.escalation, record.at,
                         record.attempts.front().model));
  }
  // Who leaves before anything came did not judge the answer but the time.
  if (record.failure == core::Cause::client_gone && record.events > 0 && settings.abandoned > 0) {
    out.push_back(signal(SignalKind::abandoned, value_of_abandoned, settings.abandoned, record.at,
                         record.attempts.back().model));
  }
  return out;
}

}  // namespace codecrucible::history

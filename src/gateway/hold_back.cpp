#include "gateway/hold_back.hpp"

#include <algorithm>

namespace codecrucible::gateway {

using confidence::Step;

HoldBack::HoldBack(Plan plan, const std::vector<AnswerListener*>& listeners)
    : held_(std::in_place, plan.facts, plan.settings, plan.terms, std::move(plan.model)),
      second_(plan.second),
      logprobs_(plan.logprobs),
      show_logprobs_(plan.show_logprobs),
      logs_(!listeners.empty() || (plan.settings.repair_tool_calls && !plan.facts.tools.empty())),
      listeners_(listeners),
      ears_{this} {}

void HoldBack::hear(const core::Event& event) {
  if (!held_) return pass_on(event);
  if (logs_) keep(event);
  if (step_ == Step::hold) step_ = held_->feed(event, std::chrono::steady_clock::now());
}

Step HoldBack::tick(core::Time now) {
  if (held_ && step_ == Step::hold) step_ = held_->tick(now);
  return step_;
}

Step HoldBack::compare(std::string_view second) {
  step_ = held_->compare(second);
  return step_;
}

core::Time HoldBack::until() const {
  return held_ ? held_->until() : core::Time::max();
}

core::Time HoldBack::look_at() const {
  return held_ ? held_->look_at() : core::Time::max();
}

int HoldBack::repaired() const {
  if (!held_ || !logs_) return 0;
  const auto tools = held_->evidence().tools();
  return static_cast<int>(
      std::count_if(tools.begin(), tools.end(), [](const auto& call) { return !call.repaired.empty(); }));
}

core::Events HoldBack::mended() const {
  core::Events events;
  const auto tools = held_->evidence().tools();
  for (auto event : log_) {
    const auto index = static_cast<std::size_t>(std::max(event.tool_index, 0));
    const bool call = event.kind == core::Event::Kind::tool_call && event.choice == 0 && index < tools.size();
    if (call && !tools[index].repaired.empty()) {
      if (event.tool_name.empty()) continue;  // a further piece of what is replaced
      event.text = tools[index].repaired;
    }
    events.push_back(std::move(event));
  }
  return events;
}

void HoldBack::release() {
  if (!held_) return;
  if (!listeners_.empty()) {
    for (auto* listener : listeners_) listener->begin();
    for (const auto& event : repaired() > 0 ? mended() : log_) pass_on(event);
  }
  log_.clear();
  held_.reset();
}

void HoldBack::pass_on(const core::Event& event) {
  if (event.kind == core::Event::Kind::logprobs && !show_logprobs_) return;
  for (auto* listener : listeners_) listener->hear(event);
}

void HoldBack::keep(const core::Event& event) {
  auto& kept = log_.emplace_back(event);
  kept.text = memory_.copy(event.text);
  kept.tool_id = memory_.copy(event.tool_id);
  kept.tool_name = memory_.copy(event.tool_name);
}

}  // namespace codecrucible::gateway

#include "confidence/hold.hpp"

#include <algorithm>

namespace codecrucible::confidence {
namespace {

// Below the threshold by no more than this the verdict waits for the window's end, but a second backend may
// warm up.
constexpr float doubt = 0.15F;

}  // namespace

Judgement Live::judgement() const {
  return model_->judge(evidence_, offset_);
}

Held::Held(const Facts& facts, const Settings& settings, const Terms& terms,
           std::shared_ptr<const Model> model)
    : evidence_(facts),
      model_(std::move(model)),
      terms_(terms),
      hold_tokens_(std::max(settings.hold_tokens, 1)),
      hold_time_(settings.hold_time),
      whole_tool_calls_(settings.whole_tool_calls) {}

core::Time Held::until() const noexcept {
  if (first_token_ == core::Time::max() || terms_.whole) return core::Time::max();
  if (whole_tool_calls_ && evidence_.calling()) return core::Time::max();  // until it is whole
  return first_token_ + hold_time_;
}

core::Time Held::look_at() const noexcept {
  const auto end = until();
  return looked_ || end == core::Time::max() ? end : first_token_ + hold_time_ / 2;
}

Step Held::feed(const core::Event& event, core::Time now) {
  evidence_.feed(event);
  if (first_token_ == core::Time::max() && evidence_.began()) first_token_ = now;
  return decide(now);
}

Step Held::tick(core::Time now) {
  return decide(now);
}

Step Held::compare(std::string_view second) {
  judgement_ = model_->judge(evidence_, second, terms_.offset);
  if (judgement_.good >= terms_.threshold || !terms_.may_escalate) return Step::commit;
  return Step::escalate;
}

Step Held::decide(core::Time now) {
  if (evidence_.signs().has(Sign::failed)) {
    judgement_ = model_->judge(evidence_, terms_.offset);
    return Step::escalate;
  }
  const bool over =
      evidence_.ended() ||
      (!terms_.whole && (static_cast<int>(evidence_.tokens()) >= hold_tokens_ || now >= until()));
  if (evidence_.ended() || (over && !(whole_tool_calls_ && evidence_.calling()))) {
    looked_ = true;
    judgement_ = model_->judge(evidence_, terms_.offset);
    doubtful_ = judgement_.good < terms_.threshold;
    return doubtful_ && terms_.may_escalate ? Step::escalate : Step::commit;
  }
  // Inside the window only a sign that nothing later can undo ends the waiting early.
  const auto signs = evidence_.signs();
  const bool hopeless = signs.has(Sign::refusal) || signs.has(Sign::loop) || signs.has(Sign::broken_json);
  const bool half = !terms_.whole && !looked_ &&
                    (evidence_.tokens() * 2 >= static_cast<std::uint32_t>(hold_tokens_) || now >= look_at());
  if (hopeless || half) {
    looked_ = looked_ || half;
    judgement_ = model_->judge(evidence_, terms_.offset);
    doubtful_ = judgement_.good < terms_.threshold + doubt;
    if (hopeless && judgement_.good < terms_.threshold && terms_.may_escalate) return Step::escalate;
  }
  return Step::hold;
}

Live Held::commit() && {
  return {std::move(evidence_), std::move(model_), terms_.offset};
}

Live watch(const Facts& facts, std::shared_ptr<const Model> model, Offset offset) {
  return {Evidence(facts), std::move(model), offset};
}

}  // namespace codecrucible::confidence

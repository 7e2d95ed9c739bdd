#include "confidence/model.hpp"

#include "confidence/text.hpp"
#include "confidence/weights.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace codecrucible::confidence {
namespace {

float share(float logit) {
  return 1 / (1 + std::exp(-logit));
}

// What speaks against an answer in general, as a fall of the logit. Set by hand, from how often such answers
// serve: a refusal or broken JSON almost never, a hedge often. Per-model offsets learn the rest.
constexpr std::array<std::pair<Sign, float>, 18> falls{{
    {Sign::empty, 6.0F},
    {Sign::refusal, 3.2F},
    {Sign::loop, 5.0F},
    {Sign::broken_json, 5.0F},
    {Sign::schema_mismatch, 4.0F},
    {Sign::unknown_tool, 4.0F},
    {Sign::broken_arguments, 5.0F},
    {Sign::wrong_language, 3.0F},
    {Sign::code_missing, 3.0F},
    {Sign::broken_fence, 2.0F},
    {Sign::cut, 1.6F},
    {Sign::broken_code, 1.5F},
    {Sign::no_final_answer, 1.5F},
    {Sign::too_short, 1.5F},
    {Sign::false_equation, 1.5F},
    {Sign::unlikely_tokens, 1.2F},
    {Sign::hedging, 0.7F},
    {Sign::repaired_arguments, 0.3F},
}};

// Logit of an answer nothing speaks against, by how hard the request is.
float level_of(core::Complexity complexity) {
  constexpr std::array<float, core::complexity_count> levels{2.9F, 2.4F, 1.8F};
  return levels[static_cast<std::size_t>(complexity)];
}

// A trained head has seen these itself.
bool seen_by_head(Sign sign) {
  return sign == Sign::no_final_answer || sign == Sign::false_equation || sign == Sign::hedging ||
         sign == Sign::too_short || sign == Sign::loop;
}

// What a second answer teaches where no head is trained: of hard questions, answers that agree were right in
// 70 of 100 cases, those that differ in 21, at 42 over all.
constexpr float rise_if_same = 1.2F;
constexpr float fall_if_different = 1.0F;

class Combined final : public Model {
 public:
  explicit Combined(Weights weights) : weights_(std::move(weights)) {}

  float before(const Facts& facts) const override { return share(logit_before(facts)); }

  Judgement judge(const Evidence& evidence, const Offset& offset) const override {
    return judged(evidence, nullptr, offset);
  }
  Judgement judge(const Evidence& evidence, std::string_view second, const Offset& offset) const override {
    return judged(evidence, &second, offset);
  }

 private:
  const Head* head_of(Comparable kind) const {
    const Head* head = kind == Comparable::number   ? &weights_.number
                       : kind == Comparable::choice ? &weights_.choice
                                                    : nullptr;
    return head != nullptr && !head->alone.roots.empty() ? head : nullptr;
  }

  float logit_before(const Facts& facts) const {
    const auto* head = head_of(comparable_kind(facts, {}));
    if (head != nullptr) return head->logit_before(facts.prompt);
    // A classifier in doubt may have picked a model that is too small.
    return level_of(facts.complexity) - 0.8F * (1 - std::clamp(facts.classifier_confidence, 0.0F, 1.0F));
  }

  Judgement judged(const Evidence& evidence, const std::string_view* second, const Offset& offset) const {
    const auto& facts = evidence.facts();
    const auto kind = comparable_kind(facts, evidence.text());
    const auto* head = evidence.calling() ? nullptr : head_of(kind);
    Judgement judgement;
    judgement.whole = evidence.ended();
    judgement.signs = evidence.signs();
    const float expected = logit_before(facts);
    float logit = expected;
    bool from_head = false, from_pair = false;
    if (head != nullptr && judgement.whole && !evidence.text().empty()) {
      from_head = true;
      from_pair = second != nullptr && !head->pair.roots.empty();
      if (from_pair) {
        logit = head->of_pair.logit(
            head->pair.sum(pair_row(kind, *head, facts.prompt, evidence.text(), *second)));
      } else {
        logit = head->of_alone.logit(head->alone.sum(alone_row(kind, *head, facts.prompt, evidence.text())));
      }
      if (logit < expected - 0.5F) judgement.signs.set(Sign::doubtful_answer);
    }
    if (second != nullptr) logit += agreed(facts, evidence, *second, !from_pair, judgement);
    if (expected < 0) judgement.signs.set(Sign::hard_request);
    for (const auto& [sign, fall] : falls) {
      if (judgement.signs.has(sign) && !(from_head && seen_by_head(sign))) logit -= fall;
    }
    const auto& tokens = evidence.token_stats();
    if (!from_head && tokens.count >= 8) logit += std::clamp(1.5F * (tokens.mean + 0.45F), -1.5F, 0.5F);
    judgement.good = judgement.signs.has(Sign::failed) ? 0.0F : share(logit + offset.shift());
    explain(judgement);
    return judgement;
  }

  static float agreed(const Facts& facts, const Evidence& evidence, std::string_view second, bool weigh,
                      Judgement& judgement) {
    const auto agreement = compare(facts, evidence.text(), second);
    if (!agreement.known) return 0;
    if (agreement.kind == Comparable::prose)
      return 0;  // two good texts may well differ: nothing is measured for it
    const bool same = agreement.likeness > 0.85F;
    judgement.signs.set(same ? Sign::agreement : Sign::disagreement);
    if (!weigh) return 0;
    if (agreement.kind == Comparable::code && !same) return 0;  // good code differs in its names
    return same ? rise_if_same : -fall_if_different;
  }

  static void explain(Judgement& judgement) {
    std::size_t next = 0;
    const auto say = [&](Sign sign) {
      if (next < judgement.reasons.size() && judgement.signs.has(sign))
        judgement.reasons[next++] = name(sign);
    };
    say(Sign::failed);
    for (const auto& [sign, fall] : falls) {
      if (fall > 1) say(sign);
    }
    for (const auto sign : {Sign::disagreement, Sign::doubtful_answer, Sign::hard_request, Sign::hedging,
                            Sign::doubtful_request, Sign::repaired_arguments, Sign::agreement})
      say(sign);
  }

  Weights weights_;
};

}  // namespace

void Offset::update(float predicted, bool good) noexcept {
  ++outcomes_;
  // A step of the logistic's gradient that shrinks like a mean of the last two hundred outcomes.
  const float rate = std::max(4.0F / static_cast<float>(outcomes_ + 20), 0.02F);
  level_ =
      std::clamp(level_ + rate * ((good ? 1.0F : 0.0F) - std::clamp(predicted, 0.0F, 1.0F)), -3.0F, 3.0F);
}

float Offset::shift() const noexcept {
  return level_;
}

Offset Offset::restored(float level, std::uint32_t outcomes) noexcept {
  Offset offset;
  offset.level_ = std::isfinite(level) ? std::clamp(level, -3.0F, 3.0F) : 0.0F;
  offset.outcomes_ = outcomes;
  return offset;
}

core::Result<std::shared_ptr<const Model>> read_model(std::string_view bytes) {
  auto weights = read_weights(bytes);
  if (!weights) return weights.error();
  return std::shared_ptr<const Model>(std::make_shared<Combined>(std::move(*weights)));
}

std::shared_ptr<const Model> plain_model() {
  static const auto model = std::make_shared<const Combined>(Weights{});
  return model;
}

}  // namespace codecrucible::confidence

#include "classifier/classify.hpp"

#include "classifier/emergency.hpp"
#include "classifier/ensemble.hpp"
#include "classifier/focus.hpp"
#include "classifier/keywords.hpp"
#include "classifier/model.hpp"
#include "core/tokens.hpp"

#include <algorithm>

namespace codecrucible::classifier {
namespace {

// Below so many words a message may lean on the one before ("do it", "yes, both").
constexpr std::size_t leaning_words = 3;

bool orders_something(const Scan& scan) noexcept {
  constexpr Kinds verbs = bit(Kind::make) | bit(Kind::change) | bit(Kind::reshape) | bit(Kind::inspect) |
                          bit(Kind::repair) | bit(Kind::devise) | bit(Kind::operate) | bit(Kind::what) |
                          bit(Kind::how) | bit(Kind::why);
  for (std::size_t i = 0; i < scan.count; ++i)
    if ((scan.tokens[i].kinds & verbs) != 0) return true;
  return false;
}

std::string_view read(const Focus& focus, Scan& out) noexcept {
  scan(focus.text, out);
  const bool leans = out.count <= leaning_words && !orders_something(out) && out.shape.code_lines == 0;
  if (!leans || focus.before.empty()) return focus.text;
  scan(focus.before, out);
  return focus.before;
}

// Signals that come from around the last message.
void append_signals(const Focus& focus, const core::ChatRequest& request, Verdict& verdict) {
  if (focus.user_turns > 1) verdict.signals.push_back("conversation");
  if (focus.code_before) verdict.signals.push_back("code in earlier turns");
  if (focus.tool_failed) verdict.signals.push_back("a tool failed");
  if (focus.images > 0) verdict.signals.push_back("images");
  if (!request.tools.empty()) verdict.signals.push_back("tools");
}

bool answers_with_code(core::TaskType type, const Features& features) noexcept {
  using core::TaskType;
  const auto said = [&features](Kind kind) {
    return features.dense[dense::anywhere + static_cast<std::size_t>(kind)] > 0;
  };
  if (type == TaskType::general || type == TaskType::planning || type == TaskType::analysis)
    return said(Kind::language) && said(Kind::make);
  return true;
}

void classify_into(const core::ChatRequest& request, const Layers& layers, Verdict& verdict) {
  const auto focus = focus_on(request);
  verdict.prompt_tokens = core::estimate_tokens(request);
  Opinions opinions;
  opinions.emergency = emergency_vote(focus);
  Scan words;
  Features features;
  const auto text = read(focus, words);
  extract(words, features);
  verdict.context_files = focus.context_files + words.shape.fences;
  const auto rules = judge_by_rules(words, features);
  const auto parser = layers.settings.parser_type;
  const bool alone = parser == ParserType::rule_based || !layers.model;
  if (!alone) opinions.model = layers.model->answer(text, words, features, rules);
  // "ml" means the model's word alone; without a model file the rules still are better than nothing.
  if (alone || parser == ParserType::ensemble) opinions.rules = rules;
  verdict.votes.reserve(3);
  decide(opinions, layers.settings, verdict);
  verdict.needs = needs_of(request, focus, verdict.prompt_tokens, layers.settings.long_context_tokens);
  verdict.needs.code = answers_with_code(verdict.type, features);
  verdict.signals.reserve(rules.signal_count + 5);
  for (std::size_t i = 0; i < rules.signal_count; ++i) verdict.signals.push_back(rules.signals[i]);
  append_signals(focus, request, verdict);
  verdict.keywords.reserve(8);
  append_keywords(features, verdict.keywords);
}

}  // namespace

Verdict classify(const core::ChatRequest& request, const Layers& layers) noexcept {
  Verdict verdict;
  try {
    classify_into(request, layers, verdict);
  } catch (...) {
    // Out of memory for the lists of the explanation: the plain answer needs none.
    const auto vote = emergency_vote(focus_on(request));
    verdict.type = vote.type;
    verdict.complexity = vote.complexity;
    verdict.confidence = vote.confidence;
    verdict.decided_by = Layer::emergency;
  }
  return verdict;
}

}  // namespace codecrucible::classifier

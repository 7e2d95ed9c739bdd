#include "classifier/rules.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace codecrucible::classifier {
namespace {

using core::TaskType;

// The features in the words of the rules.
class Facts {
 public:
  Facts(const Scan& scan, const Features& features) noexcept : scan_(scan), dense_(features.dense) {
    if (scan.count == 0) return;
    for (const auto& token : {scan.tokens[0], scan.tokens[scan.count > 1 ? 1 : 0]})
      identifier_first_ = identifier_first_ || token.sort != Token::Sort::word;
  }

  bool lead(Kind k) const noexcept { return on(dense::lead, k); }
  bool closing(Kind k) const noexcept { return on(dense::closing, k); }
  bool orders(Kind k) const noexcept { return lead(k) || closing(k); }
  bool first(Kind k) const noexcept { return on(dense::first, k); }
  bool last(Kind k) const noexcept { return on(dense::last, k); }
  bool near(Kind k) const noexcept { return first(k) || last(k); }
  float amount(Kind k) const noexcept { return at(dense::anywhere, k); }  // log of the count
  bool ordered(Kind k) const noexcept { return on(dense::orders, k); }
  float ordered_amount(Kind k) const noexcept { return at(dense::orders, k); }
  bool has(Kind k) const noexcept { return amount(k) > 0; }
  bool asks() const noexcept {
    return question() || lead(Kind::what) || lead(Kind::how) || lead(Kind::why) || lead(Kind::copula);
  }
  bool question() const noexcept {
    return scan_.count > 0 && (scan_.tokens[scan_.count - 1].question || dense_[dense::shape + 23] > 0);
  }
  bool code() const noexcept {
    const auto& s = scan_.shape;
    return s.code_lines + s.fences + s.trace_lines + s.diff_lines + s.files > 0;
  }
  // Something is given or pointed at: code, a file, an identifier, "this".
  bool object() const noexcept { return code() || named() || near(Kind::pointer); }
  bool named() const noexcept {
    return sort(Token::Sort::identifier) || sort(Token::Sort::file) || sort(Token::Sort::path) ||
           sort(Token::Sort::mention) || sort(Token::Sort::flag);
  }
  bool sort(Token::Sort s) const noexcept { return dense_[dense::sorts + static_cast<std::size_t>(s)] > 0; }
  float sort_amount(Token::Sort s) const noexcept {
    return dense_[dense::sorts + static_cast<std::size_t>(s)];
  }
  bool identifier_first() const noexcept { return identifier_first_; }
  const Shape& shape() const noexcept { return scan_.shape; }
  std::size_t words() const noexcept { return scan_.count; }

 private:
  bool on(std::size_t block, Kind k) const noexcept { return at(block, k) > 0; }
  float at(std::size_t block, Kind k) const noexcept { return dense_[block + static_cast<std::size_t>(k)]; }

  const Scan& scan_;
  const std::array<float, dense::count>& dense_;
  bool identifier_first_ = false;
};

struct Rule {
  TaskType type;
  float points;
  std::string_view signal;
  bool (*holds)(const Facts&);
};

// In the order of the questions that the labelling guide asks; points add up, so that two weak signs beat
// one.
constexpr Rule rules[] = {
    {TaskType::debugging, 3.0F, "stack trace or tool error",
     [](const Facts& f) { return f.shape().trace_lines > 0; }},
    {TaskType::debugging, 3.0F, "order to fix", [](const Facts& f) { return f.orders(Kind::repair); }},
    {TaskType::debugging, 1.2F, "word of trouble", [](const Facts& f) { return f.near(Kind::trouble); }},
    {TaskType::debugging, 3.0F, "bug report form",
     [](const Facts& f) {
       return f.amount(Kind::expectation) > 1.7F && f.has(Kind::quantity) && f.words() > 25;
     }},
    {TaskType::debugging, 1.6F, "says it does not work",
     [](const Facts& f) { return f.near(Kind::negation) && f.near(Kind::symptom); }},
    {TaskType::debugging, 1.8F, "why about a thing at hand",
     [](const Facts& f) { return f.lead(Kind::why) && (f.object() || f.near(Kind::symptom)); }},
    {TaskType::planning, 2.6F, "how should we",
     [](const Facts& f) {
       return f.near(Kind::we) &&
              ((f.near(Kind::how) && !f.code()) || (f.near(Kind::should) && f.near(Kind::what)));
     }},
    {TaskType::planning, 2.2F, "order to plan or design",
     [](const Facts& f) { return f.orders(Kind::devise) && !f.lead(Kind::make); }},
    {TaskType::planning, 1.0F, "words of design",
     [](const Facts& f) { return f.amount(Kind::design) > 1.0F; }},
    {TaskType::planning, 0.8F, "asks for a decision",
     [](const Facts& f) { return f.asks() && f.near(Kind::design) && !f.code(); }},
    {TaskType::analysis, 2.4F, "order to inspect a thing at hand",
     [](const Facts& f) { return f.orders(Kind::inspect) && f.object(); }},
    {TaskType::analysis, 1.8F, "question about a thing at hand",
     [](const Facts& f) {
       return f.asks() && (f.lead(Kind::copula) || f.lead(Kind::what) || f.lead(Kind::why)) && f.object();
     }},
    {TaskType::analysis, 1.0F, "asks about the repository",
     [](const Facts& f) { return f.near(Kind::repository) && (f.asks() || f.lead(Kind::inspect)); }},
    {TaskType::multi_file, 2.6F, "creates a whole application",
     [](const Facts& f) {
       return f.lead(Kind::make) && f.first(Kind::big_artefact) && !f.first(Kind::pointer);
     }},
    {TaskType::multi_file, 2.0F, "changes several named files",
     [](const Facts& f) {
       return f.lead(Kind::change) &&
              f.sort_amount(Token::Sort::file) + f.sort_amount(Token::Sort::mention) > 1.3F && !f.code();
     }},
    {TaskType::multi_file, 1.4F, "change everywhere",
     [](const Facts& f) { return (f.lead(Kind::change) || f.lead(Kind::reshape)) && f.first(Kind::many); }},
    {TaskType::multi_file, 1.4F, "several components",
     [](const Facts& f) { return f.amount(Kind::component) > 1.7F && !f.asks(); }},
    {TaskType::format, 2.8F, "order to reshape", [](const Facts& f) { return f.orders(Kind::reshape); }},
    {TaskType::format, 2.2F, "docs, comments or wording",
     [](const Facts& f) {
       return f.first(Kind::prose_thing) &&
              (f.lead(Kind::change) || f.lead(Kind::make) || f.lead(Kind::repair));
     }},
    {TaskType::format, 1.0F, "translation", [](const Facts& f) { return f.near(Kind::human_tongue); }},
    {TaskType::debugging, 1.6F, "order to find what is wrong",
     [](const Facts& f) {
       return f.ordered(Kind::repair) || (f.ordered(Kind::inspect) && f.near(Kind::trouble));
     }},
    {TaskType::format, 1.6F, "adds docs to code at hand",
     [](const Facts& f) { return f.first(Kind::prose_thing) && f.object() && f.orders(Kind::change); }},
    {TaskType::edit, 1.2F, "a file and what it should do",
     [](const Facts& f) { return f.identifier_first() && !f.asks() && !f.code(); }},
    {TaskType::edit, 1.2F, "asks to change the code at hand",
     [](const Facts& f) { return f.ordered(Kind::change) && f.object(); }},
    {TaskType::multi_file, 1.4F, "several orders on several things",
     [](const Facts& f) { return f.ordered_amount(Kind::change) > 1.3F && f.named() && !f.code(); }},
    {TaskType::planning, 1.2F, "asks whether or how we could",
     [](const Facts& f) {
       return f.question() && (f.first(Kind::modal) || f.first(Kind::knowing)) && !f.code() &&
              !f.lead(Kind::change);
     }},
    {TaskType::edit, 2.6F, "order to change", [](const Facts& f) { return f.orders(Kind::change); }},
    {TaskType::edit, 0.8F, "names code", [](const Facts& f) { return f.named() && !f.asks(); }},
    {TaskType::edit, 1.0F, "follows up on an answer",
     [](const Facts& f) { return f.near(Kind::follow_up) && f.named(); }},
    {TaskType::edit, 1.0F, "we change it together",
     [](const Facts& f) { return f.first(Kind::we) && !f.first(Kind::how) && !f.first(Kind::what); }},
    {TaskType::edit, 0.8F, "talks of the interface",
     [](const Facts& f) { return f.first(Kind::ui) && !f.lead(Kind::make); }},
    {TaskType::template_, 2.4F, "order to make something new",
     [](const Facts& f) { return f.lead(Kind::make) && !f.first(Kind::prose_work); }},
    {TaskType::template_, 1.2F, "names an artefact",
     [](const Facts& f) { return f.first(Kind::artefact) && (f.lead(Kind::make) || f.first(Kind::a)); }},
    {TaskType::template_, 1.0F, "names a language",
     [](const Facts& f) { return f.near(Kind::language) || f.near(Kind::library); }},
    {TaskType::template_, 2.2F, "order for a terminal",
     [](const Facts& f) {
       return f.lead(Kind::operate) && (f.first(Kind::shell) || f.sort(Token::Sort::path));
     }},
    {TaskType::general, 1.2F, "nothing at hand", [](const Facts& f) { return !f.object(); }},
    {TaskType::general, 1.2F, "question without an object",
     [](const Facts& f) { return f.asks() && !f.object(); }},
    {TaskType::general, 2.4F, "prose is wanted", [](const Facts& f) { return f.first(Kind::prose_work); }},
    {TaskType::general, 1.4F, "knowledge beyond code",
     [](const Facts& f) { return f.amount(Kind::science) > 1.0F; }},
    {TaskType::general, 1.0F, "plays a role",
     [](const Facts& f) { return f.first(Kind::persona) && !f.code(); }},
};

static_assert(std::size(rules) == rule_count);

float complexity_score(const Facts& f, TaskType type) noexcept {
  constexpr std::array<float, core::task_type_count> base{2.0F, 0.9F, 1.3F, 1.4F, 3.0F, 2.4F, 3.2F, 1.0F};
  float score = base[static_cast<std::size_t>(type)];
  const auto words = static_cast<float>(f.words());
  score += std::clamp(std::log2((words + 4) / 24), -0.8F, 3.2F) * 0.9F;
  score += std::min(f.amount(Kind::hard), 2.2F) * 0.7F;
  score += std::min(f.amount(Kind::many), 1.5F) * 0.3F;
  score += f.shape().bullets >= 4 ? 1.2F : 0.F;
  score += std::min(std::log1p(static_cast<float>(f.shape().code_lines)), 4.5F) * 0.25F;
  score += std::min(f.amount(Kind::component), 2.F) * 0.4F;
  score += f.has(Kind::algorithm) && f.lead(Kind::make) ? 0.5F : 0.F;
  return std::max(score, 0.F);
}

}  // namespace

RuleAnswer judge_by_rules(const Scan& scan, const Features& features) noexcept {
  const Facts facts(scan, features);
  RuleAnswer answer;
  for (std::size_t i = 0; i < rule_count; ++i) {
    const auto& rule = rules[i];
    if (!rule.holds(facts)) continue;
    answer.fired |= std::uint64_t{1} << i;
    answer.points[static_cast<std::size_t>(rule.type)] += rule.points;
    if (answer.signal_count < answer.signals.size()) answer.signals[answer.signal_count++] = rule.signal;
  }
  // A tie goes to the dearer type: the guide's order.
  constexpr TaskType order[] = {TaskType::debugging, TaskType::planning,  TaskType::multi_file,
                                TaskType::edit,      TaskType::template_, TaskType::format,
                                TaskType::analysis,  TaskType::general};
  float best = -1, second = 0;
  for (const auto type : order) {
    const float points = answer.points[static_cast<std::size_t>(type)];
    if (points > best) {
      second = std::max(best, 0.F);
      best = points;
      answer.type = type;
    } else {
      second = std::max(second, points);
    }
  }
  answer.confidence = best <= 0 ? 0.2F : std::clamp(0.35F + 0.12F * (best - second), 0.3F, 0.85F);
  answer.score = complexity_score(facts, answer.type);
  answer.complexity = complexity_of_score(answer.score);
  return answer;
}

}  // namespace codecrucible::classifier

#include "confidence/evidence.hpp"

#include "confidence/agreement.hpp"
#include "confidence/numbers.hpp"
#include "confidence/schema.hpp"
#include "confidence/text.hpp"
#include "confidence/traits.hpp"
#include "confidence/watches.hpp"

#include <algorithm>
#include <vector>

namespace codecrucible::confidence {
namespace {

constexpr std::size_t most_text = 256 * 1024;
constexpr std::size_t most_calls = 64;

// Shortest answer, in characters, that such a task can be served with.
std::size_t least_length(const Facts& facts, Comparable kind) {
  if (kind != Comparable::prose && kind != Comparable::code) return 1;
  if (facts.type == core::TaskType::general || facts.type == core::TaskType::format) return 1;
  switch (facts.complexity) {
    case core::Complexity::simple:
      return 8;
    case core::Complexity::medium:
      return 40;
    case core::Complexity::complex:
      return 120;
  }
  return 1;
}

// Ends where a sentence or a structure ends.
bool ends_cleanly(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return false;
  const char last = text.back();
  return static_cast<unsigned char>(last) >= 0x80 ||
         std::string_view(".!?:)]}>`\"'*|;$%").find(last) != std::string_view::npos;
}

}  // namespace

struct Evidence::Reading {
  explicit Reading(const Facts& given) : facts(given) {
    text.reserve(2048);
    calls.reserve(2);
  }

  void visible(std::string_view piece) {
    if (text.size() < most_text) text += piece.substr(0, most_text - text.size());
    phrases.feed(piece);
    loop.feed(piece);
    fences.feed(piece);
    if (facts.format.kind != core::Format::Kind::text) json.feed(piece);
    bytes += piece.size();
    ++pieces;
    check_language();
  }

  // Judged once, when there is enough to judge, so that the cost is bounded.
  void check_language() {
    constexpr std::size_t enough = 160;
    if (language_known || text.size() < enough || facts.language == Language::unknown) return;
    language_known = true;
    if (facts.translation || facts.code_wanted || facts.format.kind != core::Format::Kind::text) return;
    const auto found = language_of(text);
    wrong_language = found != Language::unknown && found != facts.language;
  }

  void call(const core::Event& event) {
    const auto index = static_cast<std::size_t>(event.tool_index);
    if (event.tool_index < 0 || index >= most_calls) return;
    if (calls.size() <= index) calls.resize(index + 1);
    auto& one = calls[index];
    if (!event.tool_id.empty()) one.id = event.tool_id;
    if (!event.tool_name.empty()) one.name = event.tool_name;
    if (one.arguments.size() < most_text) one.arguments += event.text;
    bytes += event.text.size();
    ++pieces;
  }

  void judge_calls() {
    for (auto& one : calls) {
      const auto declared = std::find_if(facts.tools.begin(), facts.tools.end(),
                                         [&](const core::Tool& tool) { return tool.name == one.name; });
      if (declared == facts.tools.end()) {
        final_signs.set(Sign::unknown_tool);
        one.complaint = "no such tool: " + one.name;
        continue;
      }
      auto repair = repair_json(one.arguments, declared->parameters);
      one.good = repair.good;
      one.complaint = std::move(repair.complaint);
      if (repair.good && repair.changed) {
        one.repaired = std::move(repair.json);
        final_signs.set(Sign::repaired_arguments);
      }
      if (!repair.good) final_signs.set(Sign::broken_arguments);
    }
  }

  void end(core::FinishReason finish) {
    if (done) return;
    done = true;
    fences.feed("\n");
    judge_calls();
    const auto kind = comparable_kind(facts, text);
    const auto answer = trimmed(text);
    if (answer.empty() && calls.empty()) final_signs.set(Sign::empty);
    const bool prose = kind == Comparable::prose && answer.size() > 200;
    if (finish == core::FinishReason::length ||
        (prose && !ends_cleanly(answer) && !loop.looping() && answer.back() == ','))
      final_signs.set(Sign::cut);
    if (finish == core::FinishReason::content_filter) final_signs.set(Sign::refusal);
    if (!calls.empty()) return;
    if (!answer.empty() && answer.size() < least_length(facts, kind)) final_signs.set(Sign::too_short);
    if (facts.code_wanted && facts.format.kind == core::Format::Kind::text && kind == Comparable::code &&
        !answer.empty() && fences.fences() == 0 && !fences.open() && !fences.indented() &&
        answer.find('`') == std::string_view::npos &&
        answer.find_first_of(";{}=<") == std::string_view::npos) {
      final_signs.set(Sign::code_missing);
    }
    if (fences.open()) final_signs.set(Sign::broken_fence);
    if (fences.unbalanced()) final_signs.set(Sign::broken_code);
    if (facts.format.kind != core::Format::Kind::text && !answer.empty()) {
      auto finding = check_schema(
          answer, facts.format.kind == core::Format::Kind::schema ? facts.format.schema : std::string_view{});
      if (!finding.json) final_signs.set(Sign::broken_json);
      if (finding.json && !finding.matches) final_signs.set(Sign::schema_mismatch);
      complaint = std::move(finding.complaint);
    }
    if (kind == Comparable::number) {
      for (const auto& equation : equations_in(without_marks(answer))) {
        if (!equation.holds) final_signs.set(Sign::false_equation);
      }
    }
    if ((kind == Comparable::number || kind == Comparable::choice) && !answer.empty() &&
        !normal_form(kind, answer))
      final_signs.set(Sign::no_final_answer);
  }

  Facts facts;
  std::string text, complaint;
  std::vector<ToolReading> calls;
  PhraseWatch phrases;
  LoopWatch loop;
  FenceWatch fences;
  JsonWatch json;
  TokenWatch watch;
  Signs final_signs;
  std::size_t bytes = 0;
  std::uint32_t pieces = 0, hidden_pieces = 0;
  bool language_known = false, wrong_language = false, done = false, failed = false, refused = false;
};

Evidence::Evidence(const Facts& facts) : reading_(std::make_unique<Reading>(facts)) {}
Evidence::~Evidence() = default;
Evidence::Evidence(Evidence&&) noexcept = default;
Evidence& Evidence::operator=(Evidence&&) noexcept = default;

void Evidence::feed(const core::Event& event) {
  using Kind = core::Event::Kind;
  auto& r = *reading_;
  if (event.choice != 0) return;
  switch (event.kind) {
    case Kind::text:
      if (!event.text.empty()) r.visible(event.text);
      break;
    case Kind::reasoning:
      r.hidden_pieces += event.text.empty() ? 0U : 1U;
      r.loop.feed(event.text);
      break;
    case Kind::refusal:
      r.refused = true;
      break;
    case Kind::tool_call:
      r.call(event);
      break;
    case Kind::logprobs:
      r.watch.feed(event.text);
      break;
    case Kind::finish:
      r.end(event.finish);
      break;
    case Kind::failure:
      r.failed = r.done = true;
      break;
    case Kind::start:
    case Kind::usage:
      break;
  }
}

void Evidence::whole(std::string_view text, core::FinishReason finish) {
  core::Event event;
  event.kind = core::Event::Kind::text;
  event.text = text;
  feed(event);
  event.kind = core::Event::Kind::finish;
  event.finish = finish;
  feed(event);
}

Signs Evidence::signs() const noexcept {
  const auto& r = *reading_;
  Signs signs = r.final_signs;
  if (r.failed) signs.set(Sign::failed);
  if (r.refused || r.phrases.refusals() > 0) signs.set(Sign::refusal);
  if (r.phrases.hedges() > 0) signs.set(Sign::hedging);
  if (r.loop.looping()) signs.set(Sign::loop);
  if (r.wrong_language) signs.set(Sign::wrong_language);
  if (r.json.broken()) signs.set(Sign::broken_json);
  // A choice of words this unlikely is rare in good answers of any model seen.
  const auto& stats = token_stats();
  if (stats.count >= 8 && (stats.mean < -1.2F || stats.low_quantile < -3.5F))
    signs.set(Sign::unlikely_tokens);
  if (r.facts.classifier_confidence < 0.4F) signs.set(Sign::doubtful_request);
  return signs;
}

bool Evidence::ended() const noexcept {
  return reading_->done;
}
std::uint32_t Evidence::tokens() const noexcept {
  const auto& r = *reading_;
  // Servers send a token a piece, or several at once: five bytes are at most a token then.
  return std::max(r.pieces + r.hidden_pieces, static_cast<std::uint32_t>(r.bytes / 5));
}
bool Evidence::began() const noexcept {
  return reading_->pieces + reading_->hidden_pieces > 0;
}
bool Evidence::calling() const noexcept {
  return !reading_->calls.empty();
}
std::string_view Evidence::text() const noexcept {
  return reading_->text;
}
const TokenStats& Evidence::token_stats() const noexcept {
  return reading_->watch.stats();
}
std::span<const ToolReading> Evidence::tools() const noexcept {
  return reading_->calls;
}
std::string_view Evidence::complaint() const noexcept {
  return reading_->complaint;
}
const Facts& Evidence::facts() const noexcept {
  return reading_->facts;
}

}  // namespace codecrucible::confidence

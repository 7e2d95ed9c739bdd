#include "wire/openai/reply_reader.hpp"

#include "core/json_text.hpp"
#include "core/result.hpp"
#include "wire/openai/logprobs.hpp"

#include <algorithm>

namespace codecrucible::wire::openai {
namespace {

using core::Event;
using core::FinishReason;

// More choices than a request can ask for: an index beyond is the backend's nonsense.
constexpr std::int64_t most_choices = 128;

struct Ending {
  FinishReason reason;
  bool standard;  // one of OpenAI's own words
};

Ending ending_of(std::string_view word) {
  if (word == "stop") return {FinishReason::stop, true};
  if (word == "length") return {FinishReason::length, true};
  if (word == "tool_calls") return {FinishReason::tool_calls, true};
  if (word == "content_filter") return {FinishReason::content_filter, true};
  if (word == "function_call") return {FinishReason::tool_calls, true};
  if (word == "max_tokens" || word == "model_length") return {FinishReason::length, false};
  if (word == "tool_use") return {FinishReason::tool_calls, false};
  return {FinishReason::stop, false};  // "eos", "stop_sequence", "end_turn" …
}

}  // namespace

std::string_view name(FinishReason reason) noexcept {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
      break;
  }
  return "content_filter";
}

void append_finish(std::string_view reason, std::string_view stop, std::string& out) {
  out.append(",\"finish_reason\":\"").append(reason).append("\"");
  if (stop.empty()) return;
  out += ",\"stop_reason\":";
  core::append_string(out, stop);
}

ReplyReader::Choice& ReplyReader::choice(std::int32_t index) {
  if (static_cast<std::size_t>(index) >= choices_.size())
    choices_.resize(static_cast<std::size_t>(index) + 1);
  return choices_[static_cast<std::size_t>(index)];
}

bool ReplyReader::role_sent(std::int32_t index) const {
  const auto at = static_cast<std::size_t>(index);
  return at < choices_.size() && choices_[at].role;
}

bool ReplyReader::finished(std::int32_t index) const {
  const auto at = static_cast<std::size_t>(index);
  return at < choices_.size() && choices_[at].finished;
}

bool ReplyReader::all_finished() const noexcept {
  return !choices_.empty() && std::all_of(choices_.begin(), choices_.end(), [](const Choice& state) {
    return state.finished || !state.role;  // not seen: only a gap in the numbers
  });
}

void ReplyReader::emit(Event::Kind kind, std::int32_t index, std::string_view text, core::Events& out) {
  Event event;
  event.kind = kind;
  event.choice = index;
  event.text = text;
  out.push_back(std::move(event));
}

void ReplyReader::take_text(std::int32_t index, bool reasoning, std::string_view text, core::Events* out) {
  content_ = true;
  ++pieces_;
  if (out != nullptr) emit(reasoning ? Event::Kind::reasoning : Event::Kind::text, index, text, *out);
}

// Id, model and time of the first chunk are those of the whole reply.
bool ReplyReader::take_head(const Chunk& chunk, core::Arena& memory, core::Events& out) {
  if (!started_) {
    started_ = true;
    id_ = chunk.id.raw;
    model_ = unescape(chunk.model, memory);
    created_ = chunk.created;
    emit(Event::Kind::start, 0, memory.copy(model_), out);
    return !id_.empty() && !chunk.id.escaped && !model_.empty() && !chunk.model.escaped &&
           !created_.empty() && chunk.has_object;
  }
  return chunk.id.raw == id_ && chunk.model.raw == model_ && chunk.created == created_ && chunk.has_object;
}

bool ReplyReader::sound_frame(const ChoicePart& part, const Choice& state) const {
  if (!part.index) return false;
  if (rules_.completion) return part.content != Given::null;
  if (part.delta != Given::value || part.is_message != rules_.whole) return false;
  if (part.role == state.role) return false;  // missing at first, or repeated
  if (part.tool_calls == Given::null || (part.tool_calls == Given::value && part.tool_count == 0))
    return false;
  const bool null_fits = part.tool_count > 0 && part.role;
  if (part.content == Given::null && !null_fits) return false;
  if (rules_.whole && part.content == Given::absent) return false;
  if (part.reasoning_members > 1) return false;
  return part.reasoning_members == 0 || part.reasoning_key == rules_.reasoning_field;
}

bool ReplyReader::take_finish(const ChoicePart& part, std::int32_t index, core::Arena& memory,
                              core::Events& out) {
  if (part.finish_member != Given::value) return true;
  const std::string_view word = unescape(part.finish, memory);
  if (word.empty()) return false;
  Choice& state = choice(index);
  if (state.finished) return false;
  Ending ending = ending_of(word);
  if (ending.reason == FinishReason::stop && state.tools.any()) ending = {FinishReason::tool_calls, false};
  state.finished = true;
  if (!finish_) finish_ = ending.reason;
  Event event;
  event.kind = Event::Kind::finish;
  event.choice = index;
  event.finish = ending.reason;
  if (part.stop_member == Given::value) event.text = unescape(part.stop, memory);
  out.push_back(std::move(event));
  return ending.standard;
}

bool ReplyReader::take_choice(const Chunk& chunk, const ChoicePart& part, std::int32_t index,
                              core::Arena& memory, core::Events& out) {
  Choice& state = choice(index);
  bool sound = sound_frame(part, state);
  state.role = true;
  const auto piece = [&](Event::Kind kind, JsonString text) {
    if (text.raw.empty()) return;
    content_ = state.content = true;
    ++pieces_;
    emit(kind, index, unescape(text, memory), out);
  };
  piece(Event::Kind::reasoning, part.reasoning_text);
  piece(Event::Kind::refusal, part.refusal);
  piece(Event::Kind::text, part.text);
  if (!part.logprobs.empty()) {
    const std::string_view entries = entries_of(part.logprobs, memory);
    if (!entries.empty()) emit(Event::Kind::logprobs, index, entries, out);
  }
  std::int32_t last = -1;
  for (std::size_t i = 0; i < part.tool_count; ++i) {
    const std::size_t before = out.size();
    ToolPiece call = chunk.tools[part.first_tool + i];
    if (rules_.whole) call.index = static_cast<std::int64_t>(i);
    sound = state.tools.take(call, index, id_, memory, out) && sound;
    content_ = state.content = true;
    ++pieces_;
    if (out.size() == before) continue;
    if (out.back().tool_index == last) sound = false;  // two entries of one call in one chunk
    last = out.back().tool_index;
  }
  return take_finish(part, index, memory, out) && sound;
}

ReplyReader::Judgement ReplyReader::take(const Chunk& chunk, core::Arena& memory, core::Events& out) {
  bool sound = take_head(chunk, memory, out);
  for (std::size_t i = 0; i < chunk.choices.size(); ++i) {
    const ChoicePart& part = chunk.choices[i];
    std::int64_t index = part.index.value_or(static_cast<std::int64_t>(i));
    if (index < 0 || index >= most_choices) index = 0;
    sound = take_choice(chunk, part, static_cast<std::int32_t>(index), memory, out) && sound;
  }
  if (chunk.usage_member == Given::value || chunk.has_timings) {
    usage_ = chunk.usage;
    usage_given_ = true;
  }
  if (chunk.has_timings) timings_ = chunk.timings;
  if (rules_.whole) return sound && chunk.has_choices ? Judgement::sound : Judgement::mend;
  if (chunk.choices.empty()) {
    if (chunk.usage_member != Given::value || !rules_.include_usage) return Judgement::drop;
    usage_chunk_ = true;
    return sound && chunk.has_choices ? Judgement::sound : Judgement::mend;
  }
  if (chunk.usage_member == Given::value && !rules_.include_usage) return Judgement::mend;
  return sound ? Judgement::sound : Judgement::mend;
}

std::optional<core::Failure> ReplyReader::conclude(bool marked, core::Events& out) {
  if (!content_ && !finish_) {
    return core::fail(
        marked ? core::Cause::backend_error : core::Cause::cut,
        "The backend ended its answer without any output. Some servers do this when the prompt does "
        "not fit the model's context.");
  }
  if (!marked && !all_finished()) {
    return core::fail(core::Cause::cut, "The backend's stream ended in the middle of the answer.");
  }
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    Choice& state = choices_[i];
    if (state.finished || !state.role) continue;
    state.finished = true;
    Event event;
    event.kind = Event::Kind::finish;
    event.choice = static_cast<std::int32_t>(i);
    event.finish = state.tools.any() ? FinishReason::tool_calls : FinishReason::stop;
    if (!finish_) finish_ = event.finish;
    out.push_back(std::move(event));
  }
  if (usage_given_) {
    Event event;
    event.kind = Event::Kind::usage;
    event.usage = usage_;
    event.timings = timings_;
    out.push_back(std::move(event));
  }
  return {};
}

}  // namespace codecrucible::wire::openai

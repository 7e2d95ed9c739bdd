#include "wire/ollama/reply_reader.hpp"

#include "core/result.hpp"
#include "wire/ollama/failure_text.hpp"
#include "wire/ollama/plain_line.hpp"
#include "wire/ollama/reply_object.hpp"
#include "wire/ollama/strict_json.hpp"

#include <cstring>

namespace codecrucible::wire::ollama {
namespace {

using Kind = core::Event::Kind;

void add(core::Events& out, Kind kind, std::string_view text) {
  auto& event = out.emplace_back();
  event.kind = kind;
  event.text = text;
}

// An id for a call that came without (traps B13). Clients send it back in later turns beside those of other
// replies, so it must differ between replies: their times and contents do.
std::string_view made_id(const ReplyObject& object, const ReplyObject::Call& call, std::int32_t index,
                         std::pmr::memory_resource* memory) {
  std::uint64_t hash = 14695981039346656037ULL + static_cast<std::uint64_t>(index);  // FNV-1a
  for (const auto part : {object.created_at, call.name, call.arguments}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view prefix = "call_";
  constexpr std::size_t size = prefix.size() + 16;
  auto* const text = static_cast<char*>(memory->allocate(size, 1));
  std::memcpy(text, prefix.data(), prefix.size());
  for (std::size_t i = prefix.size(); i < size; ++i, hash <<= 4) text[i] = hex[hash >> 60];
  return {text, size};
}

std::chrono::nanoseconds span(const std::optional<std::int64_t>& given) {
  return std::chrono::nanoseconds(std::max<std::int64_t>(given.value_or(0), 0));
}

}  // namespace

void ReplyReader::begin(std::string_view model, core::Events& out) {
  if (started_) return;
  started_ = true;
  add(out, Kind::start, model);
}

void ReplyReader::fail(core::Failure failure, core::Events& out) {
  if (complete_) return;
  complete_ = true;
  sound_ = false;
  auto& event = out.emplace_back();
  event.kind = Kind::failure;
  event.failure = std::move(failure);
}

void ReplyReader::read(std::string_view line, std::pmr::memory_resource* memory, core::Events& out) {
  if (complete_) return;
  PlainLine plain;
  std::string_view model, content, thinking;
  if (!scan_plain_line(line, plain) || !unescape(plain.model, memory, model) ||
      !unescape(plain.content, memory, content) || !unescape(plain.thinking, memory, thinking)) {
    read_fully(line, memory, out);
    return;
  }
  begin(model, out);
  sound_ = true;
  chat_ = plain.chat;
  if (!thinking.empty()) add(out, Kind::reasoning, thinking);
  if (!content.empty()) add(out, Kind::text, content);
}

void ReplyReader::read_fully(std::string_view line, std::pmr::memory_resource* memory, core::Events& out) {
  auto* const copy = static_cast<char*>(memory->allocate(line.size() + simdjson::SIMDJSON_PADDING, 1));
  std::memcpy(copy, line.data(), line.size());
  std::memset(copy + line.size(), 0, simdjson::SIMDJSON_PADDING);
  ReplyObject object(memory);
  core::Failure why;
  if (!read_object({copy, line.size()}, memory, object, why)) {
    fail(core::fail(core::Cause::garbage, "Ollama sent a line that is not a reply: " + why.detail), out);
    return;
  }
  if (object.error) {
    fail(failure_of_text(200, *object.error), out);
    return;
  }
  if (!object.has_message && !object.has_response && !object.done) {
    fail(core::fail(core::Cause::garbage, "Ollama sent an object that is not a piece of a reply"), out);
    return;
  }
  emit(object, memory, out);
}

void ReplyReader::emit(const ReplyObject& object, std::pmr::memory_resource* memory, core::Events& out) {
  begin(object.model, out);
  chat_ = object.has_message;
  sound_ = !object.model.empty() && object.done.has_value() && (object.has_message || object.has_response);
  // The last object can carry content too (ollama.md §3).
  if (!object.thinking.empty()) add(out, Kind::reasoning, object.thinking);
  if (!object.content.empty()) add(out, Kind::text, object.content);
  if (!object.logprobs.empty()) add(out, Kind::logprobs, object.logprobs);
  emit_calls(object, memory, out);
  if (object.done.value_or(false)) emit_ending(object, out);
}

void ReplyReader::emit_calls(const ReplyObject& object, std::pmr::memory_resource* memory,
                             core::Events& out) {
  for (const auto& call : object.calls) {
    // Numbered here: many parsers say 0 for every call (traps B11).
    sound_ = sound_ && !call.id.empty() && !call.name.empty() && call.index == calls_ &&
             is_json_object(call.arguments);
    auto& event = out.emplace_back();
    event.kind = Kind::tool_call;
    event.tool_index = calls_;
    event.tool_id = call.id.empty() ? made_id(object, call, calls_, memory) : call.id;
    event.tool_name = call.name;
    event.text = call.arguments.empty() ? std::string_view("{}") : call.arguments;
    ++calls_;
  }
}

void ReplyReader::emit_ending(const ReplyObject& object, core::Events& out) {
  complete_ = true;
  // What old servers and whole-prompt cache hits leave out, clients need (traps E3).
  sound_ = sound_ && !object.done_reason.empty() && object.total && object.prompt_tokens &&
           object.completion_tokens && object.decode && object.prefill;
  auto& finish = out.emplace_back();
  finish.kind = Kind::finish;
  if (object.done_reason == "length") {
    finish.finish = core::FinishReason::length;  // also after a call: it was cut (traps B15)
  } else {
    finish.finish = calls_ > 0 ? core::FinishReason::tool_calls : core::FinishReason::stop;
  }
  auto& usage = out.emplace_back();
  usage.kind = Kind::usage;
  usage.usage.prompt_tokens = object.prompt_tokens;
  usage.usage.completion_tokens = object.completion_tokens;
  usage.timings = {span(object.total), span(object.load), span(object.prefill), span(object.decode)};
}

void ReplyReader::end(std::string_view rest, std::pmr::memory_resource* memory, core::Events& out) {
  if (!complete_ && !rest.empty() && is_json_object(rest)) read(rest, memory, out);
  if (!complete_) fail(core::fail(core::Cause::cut, "Ollama's reply ended without its last object"), out);
}

}  // namespace codecrucible::wire::ollama

#include "wire/ollama/line_encoder.hpp"

#include "core/json_text.hpp"
#include "wire/ollama/client.hpp"
#include "wire/ollama/strict_json.hpp"

namespace codecrucible::wire::ollama {
namespace {

// How lines end, by surface: chat closes the message object first.
constexpr std::string_view chat_closing = "\"},\"done\":false}\n";
constexpr std::string_view generate_closing = "\",\"done\":false}\n";
constexpr std::string_view not_done = ",\"done\":false}\n";

}  // namespace

LineEncoder::LineEncoder(const ReplyContext& context)
    : context_(context), chat_(context.surface != core::Surface::ollama_generate) {
  const std::string head = reply_head(context);
  if (chat_) {
    text_opening_ = head + "\"message\":{\"role\":\"assistant\",\"content\":\"";
    reasoning_opening_ = head + "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"";
    calls_opening_ = head + "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[";
  } else {
    text_opening_ = head + "\"response\":\"";
    reasoning_opening_ = head + "\"response\":\"\",\"thinking\":\"";
    calls_opening_ = head + "\"response\":\"\",\"tool_calls\":[";
  }
  ending_.prompt_tokens = context.prompt_tokens;
}

void LineEncoder::line(std::string_view opening, std::string_view text, std::string_view closing,
                       std::string& out) {
  out += opening;
  core::append_escaped(out, text);
  out += closing;
}

void LineEncoder::encode(const core::Event& event, std::string& out) {
  using Kind = core::Event::Kind;
  if (ended_ || event.choice != 0) return;
  const auto closing = chat_ ? chat_closing : generate_closing;
  switch (event.kind) {
    case Kind::start:
      return;
    case Kind::text:
    case Kind::refusal:
      flush_call(out);
      line(text_opening_, event.text, closing, out);
      ++ending_.pieces;
      text_last_ = true;
      return;
    case Kind::reasoning:
      flush_call(out);
      line(reasoning_opening_, event.text, closing, out);
      ++ending_.pieces;
      text_last_ = false;
      return;
    case Kind::tool_call:
      collect(event, out);
      return;
    case Kind::logprobs:
      join_logprobs(event.text, out);
      return;
    case Kind::finish:
      flush_call(out);
      ending_.reason = event.finish;
      return;
    case Kind::usage:
      ending_.usage = event.usage;
      ending_.timings = event.timings;
      return;
    case Kind::failure:
      // No done:true after this: clients must not take it for a regular end (traps B6, E1).
      ended_ = true;
      out += event.failure ? error_body(*event.failure) : error_body({});
      out += '\n';
      return;
  }
}

void LineEncoder::collect(const core::Event& event, std::string& out) {
  if (event.tool_index != call_index_) {
    flush_call(out);
    call_index_ = event.tool_index;
    call_id_ = event.tool_id;
    call_name_ = event.tool_name;
    call_arguments_.clear();
  }
  call_arguments_ += event.text;
}

void LineEncoder::flush_call(std::string& out) {
  if (call_index_ < 0) return;
  out += calls_opening_;
  append_call(out, call_index_, call_id_, call_name_, call_arguments_);
  out += chat_ ? "]},\"done\":false}\n" : "],\"done\":false}\n";
  call_index_ = -1;
  ++ending_.pieces;
  text_last_ = false;
}

void LineEncoder::join_logprobs(std::string_view entries, std::string& out) {
  const auto closing = chat_ ? chat_closing : generate_closing;
  if (text_last_ && out.ends_with(closing)) {
    out.resize(out.size() - not_done.size());
  } else {
    out.append(text_opening_).append(chat_ ? "\"}" : "\"");
  }
  out += ",\"logprobs\":";
  append_one_line(out, entries);
  out += not_done;
  text_last_ = false;
}

void LineEncoder::finish(std::string& out) {
  if (ended_) return;
  flush_call(out);
  ended_ = true;
  out.append(text_opening_).append(chat_ ? "\"}" : "\"");
  append_ending(out, ending_, context_);
  out += '\n';
}

void LineEncoder::keep_alive(std::string& out) {
  if (ended_) return;
  out += text_opening_;
  out += chat_ ? chat_closing : generate_closing;
  text_last_ = false;
}

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context) {
  return std::make_unique<LineEncoder>(context);
}

}  // namespace codecrucible::wire::ollama

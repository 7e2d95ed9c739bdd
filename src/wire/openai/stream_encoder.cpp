#include "core/json_text.hpp"
#include "wire/openai/client.hpp"
#include "wire/openai/logprobs.hpp"
#include "wire/openai/reply_reader.hpp"
#include "wire/openai/tool_calls.hpp"
#include "wire/openai/usage_text.hpp"

namespace codecrucible::wire::openai {
namespace {

using core::Event;

// What all chunks of a reply begin with, up to the choices.
std::string opening(const ReplyContext& context, std::string_view object) {
  std::string out = "data: {\"id\":";
  core::append_string(out, context.id);
  out.append(",\"object\":\"").append(object).append("\",\"created\":");
  core::append_number(
      out, std::chrono::duration_cast<std::chrono::seconds>(context.created.time_since_epoch()).count());
  out += ",\"model\":";
  core::append_string(out, context.model);
  return out += ",\"choices\":[";
}

// What chat and completions have in common: order, finish, usage, the end.
class ChunkEncoder : public StreamEncoder {
 public:
  ChunkEncoder(const ReplyContext& context, std::string_view object)
      : context_(context), opening_(opening(context, object)) {}

  void encode(const Event& event, std::string& out) final {
    if (closed_) return;
    switch (event.kind) {
      case Event::Kind::finish:
        write_finish(event.choice, name(event.finish), event.text, out);
        break;
      case Event::Kind::usage:
        usage_ = event.usage;
        break;
      case Event::Kind::failure:
        closed_ = true;
        out.append("data: ").append(error_body(*event.failure, context_.id)).append("\n\n");
        break;
      default:
        pieces_ += event.kind == Event::Kind::start ? 0 : 1;
        write_piece(event, out);
    }
  }

  void finish(std::string& out) final {
    if (closed_) return;
    closed_ = true;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      if (choices_[i] == State::open) write_finish(static_cast<std::int32_t>(i), "stop", {}, out);
    }
    if (context_.include_usage) write_usage(out);
    out += "data: [DONE]\n\n";
  }

  // A bare comment line, no blank line behind it: the one form that no SDK stumbles over (traps A4).
  void keep_alive(std::string& out) final {
    if (!closed_) out += ": ping\n";
  }

 protected:
  enum class State : std::uint8_t { unseen, open, finished };

  virtual void write_piece(const Event& event, std::string& out) = 0;
  // `stop`: the stop string that ended the choice, where the backend told it.
  virtual void write_finish(std::int32_t choice, std::string_view reason, std::string_view stop,
                            std::string& out) = 0;

  State& state(std::int32_t choice) {
    const auto at = static_cast<std::size_t>(choice);
    if (at >= choices_.size()) choices_.resize(at + 1, State::unseen);
    return choices_[at];
  }

  // Begins a chunk with one choice; its number is written, a member must follow.
  void open(std::int32_t choice, std::string& out) {
    out += opening_;
    out += "{\"index\":";
    core::append_number(out, choice);
  }

  const ReplyContext& context_;

 private:
  void write_usage(std::string& out) {
    if (!usage_.prompt_tokens && context_.prompt_tokens > 0) usage_.prompt_tokens = context_.prompt_tokens;
    if (!usage_.completion_tokens) usage_.completion_tokens = pieces_;  // about one piece per token
    out += opening_;
    out += "],\"usage\":";
    append_usage(usage_, context_, out);
    out += "}\n\n";
  }

  const std::string opening_;
  std::vector<State> choices_;
  core::Usage usage_;
  std::int64_t pieces_ = 0;
  bool closed_ = false;
};

constexpr std::string_view text_tail = "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";

class ChatEncoder final : public ChunkEncoder {
 public:
  explicit ChatEncoder(const ReplyContext& context)
      : ChunkEncoder(context, "chat.completion.chunk"),
        reasoning_start_(",\"delta\":{\"" + context.reasoning_field + "\":\"") {}

 private:
  void write_piece(const Event& event, std::string& out) override {
    begin(event.choice, out);
    switch (event.kind) {
      case Event::Kind::text:
        write_text(event, ",\"delta\":{\"content\":\"", out);
        break;
      case Event::Kind::reasoning:
        write_text(event, reasoning_start_, out);
        break;
      case Event::Kind::refusal:
        write_text(event, ",\"delta\":{\"refusal\":\"", out);
        break;
      case Event::Kind::tool_call:
        write_call(event, out);
        break;
      case Event::Kind::logprobs:
        write_logprobs(event, out);
        break;
      default:
        break;
    }
  }

  void begin(std::int32_t choice, std::string& out) {
    State& now = state(choice);
    if (now != State::unseen) return;
    now = State::open;
    open(choice, out);
    out += ",\"delta\":{\"role\":\"assistant\",\"content\":\"";
    out += text_tail;
  }

  void write_text(const Event& event, std::string_view start, std::string& out) {
    open(event.choice, out);
    out += start;
    core::append_escaped(out, event.text);
    out += text_tail;
    text_end_ = out.size();
    text_choice_ = event.choice;
  }

  // They belong to the text piece just before: into its chunk if that has not left yet, else after it.
  void write_logprobs(const Event& event, std::string& out) {
    const bool at_hand = out.size() == text_end_ && text_choice_ == event.choice && out.ends_with(text_tail);
    if (at_hand) {
      out.resize(out.size() - text_tail.size());
      out += "\"}";
    } else {
      open(event.choice, out);
      out += ",\"delta\":{}";
    }
    out.append(",\"logprobs\":{\"content\":").append(event.text);
    out += ",\"refusal\":null},\"finish_reason\":null}]}\n\n";
    text_end_ = 0;
  }

  // The deprecated form has room for one call, without an id.
  void write_function_call(const Event& event, std::string& out) {
    if (event.tool_index != 0) return;
    open(event.choice, out);
    out += ",\"delta\":{\"function_call\":{";
    if (!event.tool_name.empty()) {
      out += "\"name\":";
      core::append_string(out, event.tool_name);
      out += ',';
    }
    out += "\"arguments\":\"";
    core::append_escaped(out, event.text);
    out += "\"}},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
  }

  void write_call(const Event& event, std::string& out) {
    if (context_.function_call) return write_function_call(event, out);
    open(event.choice, out);
    out += ",\"delta\":{\"tool_calls\":[{\"index\":";
    core::append_number(out, event.tool_index);
    if (!event.tool_name.empty()) {
      out += ",\"id\":";
      if (event.tool_id.empty()) {
        core::append_string(out, made_call_id(context_.id, event.choice, event.tool_index));
      } else {
        core::append_string(out, event.tool_id);
      }
      out += ",\"type\":\"function\",\"function\":{\"name\":";
      core::append_string(out, event.tool_name);
      out += ",\"arguments\":\"";
    } else {
      out += ",\"function\":{\"arguments\":\"";
    }
    core::append_escaped(out, event.text);
    out += "\"}}]},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
  }

  void write_finish(std::int32_t choice, std::string_view reason, std::string_view stop,
                    std::string& out) override {
    begin(choice, out);
    if (state(choice) == State::finished) return;
    state(choice) = State::finished;
    if (context_.function_call && reason == "tool_calls") reason = "function_call";
    open(choice, out);
    out += ",\"delta\":{},\"logprobs\":null";
    append_finish(reason, stop, out);
    out += "}]}\n\n";
  }

  const std::string reasoning_start_;
  std::size_t text_end_ = 0;  // of the last text chunk in `out`
  std::int32_t text_choice_ = 0;
};

// The old completions know text only; reasoning and tool calls have no place there.
class CompletionEncoder final : public ChunkEncoder {
 public:
  explicit CompletionEncoder(const ReplyContext& context) : ChunkEncoder(context, "text_completion") {}

 private:
  void write_piece(const Event& event, std::string& out) override {
    State& now = state(event.choice);
    if (now == State::unseen) now = State::open;
    if (event.kind == Event::Kind::text) {
      open(event.choice, out);
      out += ",\"text\":\"";
      core::append_escaped(out, event.text);
      out += text_end;
      end_ = out.size();
    } else if (event.kind == Event::Kind::logprobs) {
      logprobs_.add(event.text);
      if (out.size() == end_ && out.ends_with(text_end)) {
        out.resize(out.size() - text_end.size());
      } else {
        open(event.choice, out);
        out += ",\"text\":\"";
      }
      out += "\",\"logprobs\":";
      logprobs_.write(out);
      out += ",\"finish_reason\":null}]}\n\n";
      end_ = 0;
    }
  }

  void write_finish(std::int32_t choice, std::string_view reason, std::string_view stop,
                    std::string& out) override {
    if (state(choice) == State::finished) return;
    state(choice) = State::finished;
    if (reason == "tool_calls") reason = "stop";
    open(choice, out);
    out += ",\"text\":\"\",\"logprobs\":null";
    append_finish(reason, stop, out);
    out += "}]}\n\n";
  }

  static constexpr std::string_view text_end = "\",\"logprobs\":null,\"finish_reason\":null}]}\n\n";
  CompletionLogprobs logprobs_;
  std::size_t end_ = 0;
};

}  // namespace

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context) {
  if (context.surface == core::Surface::openai_completions)
    return std::make_unique<CompletionEncoder>(context);
  return std::make_unique<ChatEncoder>(context);
}

}  // namespace codecrucible::wire::openai

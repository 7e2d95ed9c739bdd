#include "core/json_text.hpp"
#include "wire/openai/client.hpp"
#include "wire/openai/logprobs.hpp"
#include "wire/openai/reply_reader.hpp"
#include "wire/openai/tool_calls.hpp"
#include "wire/openai/usage_text.hpp"

#include <optional>

namespace codecrucible::wire::openai {
namespace {

using core::Event;

struct Call {
  std::string id, name, arguments;
};

struct Choice {
  std::string text, reasoning, refusal;
  std::string logprobs;  // token entries, separated by commas
  std::vector<Call> calls;
  core::FinishReason finish = core::FinishReason::stop;
  std::string stop;  // the string that ended it
};

class BodyEncoder final : public WholeEncoder {
 public:
  explicit BodyEncoder(const ReplyContext& context)
      : context_(context), completion_(context.surface == core::Surface::openai_completions), choices_(1) {}

  void gather(const Event& event) override {
    switch (event.kind) {
      case Event::Kind::text:
        choice(event).text += event.text;
        break;
      case Event::Kind::reasoning:
        choice(event).reasoning += event.text;
        break;
      case Event::Kind::refusal:
        choice(event).refusal += event.text;
        break;
      case Event::Kind::logprobs:
        gather_logprobs(choice(event).logprobs, event.text);
        break;
      case Event::Kind::tool_call:
        gather_call(event);
        break;
      case Event::Kind::finish:
        choice(event).finish = event.finish;
        choice(event).stop = event.text;
        break;
      case Event::Kind::usage:
        usage_ = event.usage;
        break;
      case Event::Kind::failure:
        if (!failure_) failure_ = event.failure;
        break;
      case Event::Kind::start:
        break;
    }
  }

  void write(std::string& out) override {
    if (failure_) {
      out += error_body(*failure_, context_.id);
      return;
    }
    out += "{\"id\":";
    core::append_string(out, context_.id);
    out += completion_ ? ",\"object\":\"text_completion\",\"created\":"
                       : ",\"object\":\"chat.completion\",\"created\":";
    core::append_number(
        out, std::chrono::duration_cast<std::chrono::seconds>(context_.created.time_since_epoch()).count());
    out += ",\"model\":";
    core::append_string(out, context_.model);
    out += ",\"choices\":[";
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      if (i > 0) out += ',';
      out += "{\"index\":";
      core::append_number(out, i);
      if (completion_) {
        write_completion(choices_[i], out);
      } else {
        write_message(choices_[i], i, out);
      }
    }
    out += "],\"usage\":";
    if (!usage_.prompt_tokens && context_.prompt_tokens > 0) usage_.prompt_tokens = context_.prompt_tokens;
    append_usage(usage_, context_, out);
    out += '}';
  }

 private:
  Choice& choice(const Event& event) {
    const auto at = static_cast<std::size_t>(event.choice);
    if (at >= choices_.size()) choices_.resize(at + 1);
    return choices_[at];
  }

  static void gather_logprobs(std::string& entries, std::string_view array) {
    if (array.size() <= 2) return;
    if (!entries.empty()) entries += ',';
    entries += array.substr(1, array.size() - 2);
  }

  void gather_call(const Event& event) {
    auto& calls = choice(event).calls;
    const auto at = static_cast<std::size_t>(event.tool_index);
    if (at >= calls.size()) calls.resize(at + 1);
    if (!event.tool_id.empty()) calls[at].id = event.tool_id;
    if (!event.tool_name.empty()) calls[at].name = event.tool_name;
    calls[at].arguments += event.text;
  }

  static void write_text(std::string_view text, std::string& out) {
    if (text.empty()) {
      out += "null";
    } else {
      core::append_string(out, text);
    }
  }

  void write_message(const Choice& choice, std::size_t number, std::string& out) {
    out += ",\"message\":{\"role\":\"assistant\",\"content\":";
    if (choice.text.empty() && choice.calls.empty() && choice.refusal.empty()) {
      out += "\"\"";
    } else {
      write_text(choice.text, out);
    }
    out += ",\"refusal\":";
    write_text(choice.refusal, out);
    if (!choice.reasoning.empty()) {
      out += ',';
      core::append_string(out, context_.reasoning_field);
      out += ':';
      core::append_string(out, choice.reasoning);
    }
    if (!choice.calls.empty()) write_calls(choice.calls, number, out);
    out += "},\"logprobs\":";
    if (choice.logprobs.empty()) {
      out += "null";
    } else {
      out.append("{\"content\":[").append(choice.logprobs).append("],\"refusal\":null}");
    }
    const bool function_call = context_.function_call && choice.finish == core::FinishReason::tool_calls;
    append_finish(function_call ? "function_call" : name(choice.finish), choice.stop, out);
    out += '}';
  }

  static void write_function(const Call& call, std::string& out) {
    out += "{\"name\":";
    core::append_string(out, call.name);
    out += ",\"arguments\":";
    core::append_string(out,
                        call.arguments.empty() ? std::string_view("{}") : std::string_view(call.arguments));
    out += '}';
  }

  void write_calls(const std::vector<Call>& calls, std::size_t number, std::string& out) {
    if (context_.function_call) {  // the deprecated form has room for one
      out += ",\"function_call\":";
      write_function(calls.front(), out);
      return;
    }
    out += ",\"tool_calls\":[";
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (i > 0) out += ',';
      out += "{\"id\":";
      core::append_string(out, calls[i].id.empty()
                                   ? made_call_id(context_.id, static_cast<std::int32_t>(number),
                                                  static_cast<std::int32_t>(i))
                                   : calls[i].id);
      out += ",\"type\":\"function\",\"function\":";
      write_function(calls[i], out);
      out += '}';
    }
    out += ']';
  }

  static void write_completion(const Choice& choice, std::string& out) {
    out += ",\"text\":";
    core::append_string(out, choice.text);
    out += ",\"logprobs\":";
    if (choice.logprobs.empty()) {
      out += "null";
    } else {
      CompletionLogprobs lists;
      lists.add('[' + choice.logprobs + ']');
      lists.write(out);
    }
    const bool calls = choice.finish == core::FinishReason::tool_calls;
    append_finish(calls ? "stop" : name(choice.finish), choice.stop, out);
    out += '}';
  }

  const ReplyContext& context_;
  const bool completion_;
  std::vector<Choice> choices_;
  core::Usage usage_;
  std::optional<core::Failure> failure_;
};

}  // namespace

std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context) {
  return std::make_unique<BodyEncoder>(context);
}

}  // namespace codecrucible::wire::openai

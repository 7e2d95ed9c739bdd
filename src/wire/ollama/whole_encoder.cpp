#include "core/json_text.hpp"
#include "wire/ollama/client.hpp"
#include "wire/ollama/reply_text.hpp"
#include "wire/ollama/strict_json.hpp"

#include <vector>

namespace codecrucible::wire::ollama {
namespace {

class Whole final : public WholeEncoder {
 public:
  explicit Whole(const ReplyContext& context)
      : context_(context),
        chat_(context.surface != core::Surface::ollama_generate),
        head_(reply_head(context)) {
    ending_.prompt_tokens = context.prompt_tokens;
  }

  void gather(const core::Event& event) override {
    using Kind = core::Event::Kind;
    if (failure_ || event.choice != 0) return;
    switch (event.kind) {
      case Kind::start:
        return;
      case Kind::text:
      case Kind::refusal:
        core::append_escaped(content_, event.text);
        break;
      case Kind::reasoning:
        core::append_escaped(thinking_, event.text);
        break;
      case Kind::tool_call:
        add_call(event);
        return;
      case Kind::logprobs:
        add_logprobs(event.text);
        return;
      case Kind::finish:
        ending_.reason = event.finish;
        return;
      case Kind::usage:
        ending_.usage = event.usage;
        ending_.timings = event.timings;
        return;
      case Kind::failure:
        failure_ = event.failure.value_or(core::Failure{});
        return;
    }
    bytes_ += event.text.size();
  }

  void write(std::string& out) override {
    if (failure_) {
      out += error_body(*failure_);
      return;
    }
    out += head_;
    out += chat_ ? "\"message\":{\"role\":\"assistant\",\"content\":\"" : "\"response\":\"";
    out.append(content_) += '"';
    if (!thinking_.empty()) out.append(",\"thinking\":\"").append(thinking_) += '"';
    write_calls(out);
    if (chat_) out += '}';
    if (!logprobs_.empty()) out.append(",\"logprobs\":[").append(logprobs_) += ']';
    // Pieces of a whole reply say nothing about tokens: four bytes each is the usual rule of thumb.
    ending_.pieces = static_cast<std::int64_t>(bytes_ + 3) / 4;
    append_ending(out, ending_, context_);
  }

 private:
  struct Call {
    int index;
    std::string id, name, arguments;
  };

  void add_call(const core::Event& event) {
    for (auto& call : calls_) {
      if (call.index == event.tool_index) {
        call.arguments += event.text;
        return;
      }
    }
    calls_.push_back({event.tool_index, std::string(event.tool_id), std::string(event.tool_name),
                      std::string(event.text)});
  }

  void add_logprobs(std::string_view entries) {
    const auto open = entries.find('[');
    const auto close = entries.rfind(']');
    if (open == std::string_view::npos || close == std::string_view::npos || close <= open + 1) return;
    if (!logprobs_.empty()) logprobs_ += ',';
    append_one_line(logprobs_, entries.substr(open + 1, close - open - 1));
  }

  void write_calls(std::string& out) const {
    if (calls_.empty()) return;
    out += ",\"tool_calls\":[";
    for (const auto& call : calls_) {
      if (&call != &calls_.front()) out += ',';
      append_call(out, call.index, call.id, call.name, call.arguments);
    }
    out += ']';
  }

  const ReplyContext& context_;
  bool chat_;
  std::string head_;
  std::string content_, thinking_;  // escaped as they came
  std::string logprobs_;            // entries without the brackets
  std::vector<Call> calls_;
  std::size_t bytes_ = 0;
  Ending ending_;
  std::optional<core::Failure> failure_;
};

}  // namespace

std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context) {
  return std::make_unique<Whole>(context);
}

}  // namespace codecrucible::wire::ollama

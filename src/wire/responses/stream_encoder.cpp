#include "core/json_text.hpp"
#include "wire/openai/tool_calls.hpp"
#include "wire/responses/client.hpp"
#include "wire/responses/response_object.hpp"

namespace codecrucible::wire::responses {
namespace {

using core::Event;
using Kind = OutputItem::Kind;

constexpr std::string_view no_logprobs = ",\"logprobs\":[]}\n\n";

// Writes a reply as the named events of the dialect (openai.md §7). Each item is told complete before the
// next one begins, except for calls whose arguments still come.
class Encoder final : public StreamEncoder {
 public:
  explicit Encoder(const ReplyContext& context) : context_(context), output_(context) {}

  void encode(const Event& event, std::string& out) override {
    if (closed_) return;
    begin(out);
    if (event.kind == Event::Kind::failure) {
      closed_ = true;
      for (auto& item : output_.items()) item.complete = item.closed;
      end("response.failed", Status::failed, event.failure ? &*event.failure : nullptr, out);
      return;
    }
    if (event.kind == Event::Kind::logprobs) return join_logprobs(event, out);
    const auto place = output_.take(event);
    if (place.item == nullptr) return;
    if (place.new_item) {
      close_before(place.index, out);
      open_item(*place.item, place.index, out);
    }
    if (place.new_part) open_part(*place.item, place.index, out);
    piece(*place.item, place.index, event.text, out);
  }

  void finish(std::string& out) override {
    if (closed_) return;
    closed_ = true;
    begin(out);
    const bool silent = output_.items().empty();
    fill_empty_calls(out);
    output_.settle();
    if (silent) {
      open_item(output_.items().front(), 0, out);
      open_part(output_.items().front(), 0, out);
    }
    for (std::size_t i = 0; i < output_.items().size(); ++i) close_item(i, out);
    const Status status = status_of(output_);
    end(status == Status::completed ? "response.completed" : "response.incomplete", status, nullptr, out);
  }

  // A bare comment line, as on the chat stream (traps A4).
  void keep_alive(std::string& out) override {
    if (!closed_) out += ": ping\n";
  }

 private:
  // An event up to and with its number; a member or the closing brace must follow.
  void name(std::string_view type, std::string& out) {
    out.append("event: ")
        .append(type)
        .append("\ndata: {\"type\":\"")
        .append(type)
        .append("\",\"sequence_number\":");
    core::append_number(out, number_++);
  }

  void item_event(std::string_view type, const OutputItem& item, std::size_t index, std::string& out) {
    name(type, out);
    out += ",\"item_id\":";
    core::append_string(out, item.id);
    out += ",\"output_index\":";
    core::append_number(out, index);
  }

  // The same with the number of the part that is meant.
  void part_event(std::string_view type, const OutputItem& item, std::size_t index, std::string& out) {
    item_event(type, item, index, out);
    const bool summary = item.kind == Kind::reasoning && as_summary(context_);
    out += summary ? ",\"summary_index\":" : ",\"content_index\":";
    core::append_number(out, item.kind == Kind::message ? item.parts.size() - 1 : 0);
  }

  static void text_member(std::string_view key, std::string_view text, std::string& out) {
    out.append(",\"").append(key).append("\":");
    core::append_string(out, text);
  }

  void response_event(std::string_view type, Status status, const core::Failure* failure, std::string& out) {
    name(type, out);
    out += ",\"response\":";
    append_response(context_, output_, status, failure, out);
    out += "}\n\n";
  }

  void begin(std::string& out) {
    if (number_ > 0) return;
    response_event("response.created", Status::in_progress, nullptr, out);
    response_event("response.in_progress", Status::in_progress, nullptr, out);
  }

  void end(std::string_view type, Status status, const core::Failure* failure, std::string& out) {
    response_event(type, status, failure, out);
  }

  void open_item(const OutputItem& item, std::size_t index, std::string& out) {
    name("response.output_item.added", out);
    out += ",\"output_index\":";
    core::append_number(out, index);
    out += ",\"item\":";
    append_item(context_, item, true, out);
    out += "}\n\n";
    if (item.kind != Kind::reasoning) return;
    part_event(as_summary(context_) ? "response.reasoning_summary_part.added" : "response.content_part.added",
               item, index, out);
    out += ",\"part\":";
    append_reasoning_part(context_, {}, out);
    out += "}\n\n";
  }

  // A part of a message; one that stands before it is done.
  void open_part(OutputItem& item, std::size_t index, std::string& out) {
    if (item.parts.size() > 1) {
      OutputPart next = std::move(item.parts.back());
      item.parts.pop_back();
      close_part(item, index, out);
      item.parts.push_back(std::move(next));
    }
    part_event("response.content_part.added", item, index, out);
    OutputPart empty;
    empty.refusal = item.parts.back().refusal;
    out += ",\"part\":";
    append_part(empty, out);
    out += "}\n\n";
  }

  void piece(const OutputItem& item, std::size_t index, std::string_view text, std::string& out) {
    switch (item.kind) {
      case Kind::message: {
        const bool refusal = item.parts.back().refusal;
        part_event(refusal ? "response.refusal.delta" : "response.output_text.delta", item, index, out);
        text_member("delta", text, out);
        out += refusal ? std::string_view("}\n\n") : no_logprobs;
        text_end_ = refusal ? 0 : out.size();
        break;
      }
      case Kind::reasoning:
        part_event(
            as_summary(context_) ? "response.reasoning_summary_text.delta" : "response.reasoning_text.delta",
            item, index, out);
        text_member("delta", text, out);
        out += "}\n\n";
        break;
      case Kind::call:
        if (text.empty() || item.custom) break;  // free text is known when its JSON is complete
        item_event("response.function_call_arguments.delta", item, index, out);
        text_member("delta", text, out);
        out += "}\n\n";
        break;
    }
  }

  // They belong to the text piece just before: into its event if that has not left yet, else into one without
  // text.
  void join_logprobs(const Event& event, std::string& out) {
    output_.take(event);
    if (output_.items().empty()) return;
    const OutputItem& item = output_.items().back();
    const bool at_text = item.kind == Kind::message && !item.closed && !item.parts.back().refusal;
    if (!at_text || event.text.size() <= 2) return;
    if (out.size() != text_end_ || !out.ends_with(no_logprobs)) {
      piece(item, output_.items().size() - 1, {}, out);
    }
    out.resize(out.size() - no_logprobs.size());
    out.append(",\"logprobs\":").append(event.text).append("}\n\n");
    text_end_ = 0;
  }

  void close_before(std::size_t index, std::string& out) {
    for (std::size_t i = 0; i < index; ++i) {
      const OutputItem& item = output_.items()[i];
      if (item.kind == Kind::call) {
        openai::ObjectWatch watch;
        watch.feed(item.text);
        if (!watch.complete()) continue;
      }
      close_item(i, out);
    }
  }

  // Whoever adds up the pieces must come to the same arguments as are told at the end.
  void fill_empty_calls(std::string& out) {
    for (std::size_t i = 0; i < output_.items().size(); ++i) {
      OutputItem& item = output_.items()[i];
      if (item.kind != Kind::call || !item.text.empty()) continue;
      item.text = "{}";
      piece(item, i, item.text, out);
    }
  }

  void close_part(const OutputItem& item, std::size_t index, std::string& out) {
    const OutputPart& part = item.parts.back();
    part_event(part.refusal ? "response.refusal.done" : "response.output_text.done", item, index, out);
    text_member(part.refusal ? "refusal" : "text", part.text, out);
    if (!part.refusal) out.append(",\"logprobs\":[").append(part.logprobs) += ']';
    out += "}\n\n";
    part_event("response.content_part.done", item, index, out);
    out += ",\"part\":";
    append_part(part, out);
    out += "}\n\n";
  }

  void close_reasoning(const OutputItem& item, std::size_t index, std::string& out) {
    const bool summary = as_summary(context_);
    part_event(summary ? "response.reasoning_summary_text.done" : "response.reasoning_text.done", item, index,
               out);
    text_member("text", item.text, out);
    out += "}\n\n";
    part_event(summary ? "response.reasoning_summary_part.done" : "response.content_part.done", item, index,
               out);
    out += ",\"part\":";
    append_reasoning_part(context_, item.text, out);
    out += "}\n\n";
  }

  void close_call(const OutputItem& item, std::size_t index, std::string& out) {
    if (item.custom) {
      const std::string input = free_text(item.text);
      item_event("response.custom_tool_call_input.delta", item, index, out);
      text_member("delta", input, out);
      out += "}\n\n";
      item_event("response.custom_tool_call_input.done", item, index, out);
      text_member("input", input, out);
    } else {
      item_event("response.function_call_arguments.done", item, index, out);
      text_member("name", item.name, out);
      text_member("arguments", item.text, out);
    }
    out += "}\n\n";
  }

  void close_item(std::size_t index, std::string& out) {
    OutputItem& item = output_.items()[index];
    if (item.closed) return;
    item.closed = true;
    switch (item.kind) {
      case Kind::message:
        close_part(item, index, out);
        break;
      case Kind::reasoning:
        close_reasoning(item, index, out);
        break;
      case Kind::call:
        close_call(item, index, out);
        break;
    }
    name("response.output_item.done", out);
    out += ",\"output_index\":";
    core::append_number(out, index);
    out += ",\"item\":";
    append_item(context_, item, false, out);
    out += "}\n\n";
  }

  const ReplyContext& context_;
  Output output_;
  std::int64_t number_ = 0;
  std::size_t text_end_ = 0;  // of the last text event in `out`
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context) {
  return std::make_unique<Encoder>(context);
}

}  // namespace codecrucible::wire::responses

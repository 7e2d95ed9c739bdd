#include "core/json_text.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/anthropic/reply_parts.hpp"

#include <algorithm>
#include <deque>
#include <vector>

namespace codecrucible::wire::anthropic {
namespace {

using core::Event;

// Appends `event: <name>` and the start of its data.
void open_frame(std::string& out, std::string_view name) {
  out.append("event: ").append(name).append("\ndata: {\"type\":\"").append(name).append("\"");
}

// Named events, one content block open at a time and numbered without gaps (anthropic.md part 4). Pieces of a
// block whose turn has not come, as servers send them that mix parallel calls, wait until the block before is
// complete.
class Encoder final : public StreamEncoder {
 public:
  explicit Encoder(const ReplyContext& context) : context_(context) {}

  void encode(const Event& event, std::string& out) override {
    if (closed_ || event.choice != 0) return;
    const bool surplus = context_.one_call && event.kind == Event::Kind::tool_call && event.tool_index > 0;
    switch (event.kind) {
      case Event::Kind::start:
        begin(out);
        break;
      case Event::Kind::text:
      case Event::Kind::refusal:
        write_text(BlockKind::text, event, out);
        break;
      case Event::Kind::reasoning:
        if (context_.show_reasoning) write_text(BlockKind::thinking, event, out);
        break;
      case Event::Kind::tool_call:
        if (!surplus) write_call(event, out);
        break;
      case Event::Kind::finish:
        finished_ = true;
        advance(out);
        break;
      case Event::Kind::failure:
        closed_ = true;
        out.append("event: error\ndata: ").append(error_body(*event.failure, context_.request_id));
        out += "\n\n";
        return;
      case Event::Kind::logprobs:
      case Event::Kind::usage:
        break;
    }
    ending_.take(event, !surplus);
  }

  void finish(std::string& out) override {
    if (closed_) return;
    closed_ = finished_ = true;
    begin(out);
    advance(out);
    close_block(out);
    open_frame(out, "message_delta");
    out.append(",\"delta\":{\"stop_reason\":\"").append(ending_.stop_reason());
    out += "\",\"stop_sequence\":";
    ending_.append_stop_sequence(out);
    out += "},\"usage\":";
    ending_.append_usage(context_, true, out);
    out += "}\n\n";
    open_frame(out, "message_stop");
    out += "}\n\n";
  }

  void keep_alive(std::string& out) override {
    if (closed_) return;
    open_frame(out, "ping");
    out += "}\n\n";
  }

 private:
  void begin(std::string& out) {
    if (begun_) return;
    begun_ = true;
    open_frame(out, "message_start");
    out += ",\"message\":";
    append_head(context_, out);
    out += R"([],"stop_reason":null,"stop_sequence":null,"usage":)";
    Ending().append_usage(context_, false, out);
    out += "}}\n\n";
  }

  void write_text(BlockKind kind, const Event& event, std::string& out) {
    if (event.text.empty()) return;
    if (open_ && waiting_.empty() && block_.kind == kind) {
      write_delta(event.text, out);
      return;
    }
    if (waiting_.empty() || waiting_.back().kind != kind) waiting_.emplace_back().kind = kind;
    waiting_.back().text += event.text;
    advance(out);
  }

  void write_call(const Event& event, std::string& out) {
    if (open_ && block_.is(BlockKind::tool, event.tool_index)) {
      block_.arguments.feed(event.text);
      if (!event.text.empty()) write_delta(event.text, out);
    } else if (std::find(done_calls_.begin(), done_calls_.end(), event.tool_index) == done_calls_.end()) {
      const auto known = std::find_if(waiting_.begin(), waiting_.end(), [&](const Block& block) {
        return block.is(BlockKind::tool, event.tool_index);
      });
      add_piece(event, known == waiting_.end() ? waiting_.emplace_back() : *known);
    }
    advance(out);
  }

  // A call is complete with the closing brace of its arguments; everything is when the answer is.
  bool may_close() const {
    return finished_ || block_.kind != BlockKind::tool || block_.arguments.complete();
  }

  void advance(std::string& out) {
    while (!waiting_.empty() && (!open_ || may_close())) {
      close_block(out);
      block_ = std::move(waiting_.front());
      waiting_.pop_front();
      open_block(out);
    }
  }

  void open_block(std::string& out) {
    begin(out);
    open_ = true;
    open_frame(out, "content_block_start");
    out += ",\"index\":";
    core::append_number(out, index_);
    out += ",\"content_block\":{\"type\":\"";
    std::string_view delta;
    switch (block_.kind) {
      case BlockKind::text:
        out += "text\",\"text\":\"\"";
        delta = R"("text_delta","text":")";
        break;
      case BlockKind::thinking:
        out += R"(thinking","thinking":"","signature":"")";
        delta = R"("thinking_delta","thinking":")";
        break;
      case BlockKind::tool:
        out += "tool_use\",\"id\":";
        core::append_string(out, block_.id.empty() ? made_tool_id(context_, block_.tool_index) : block_.id);
        out += ",\"name\":";
        core::append_string(out, block_.name);
        out += ",\"input\":{}";
        delta = R"("input_json_delta","partial_json":")";
        break;
    }
    out += "}}\n\n";
    delta_start_.clear();
    open_delta(delta_start_);
    delta_start_ += delta;
    if (!block_.text.empty()) write_delta(block_.text, out);
  }

  void open_delta(std::string& out) const {
    open_frame(out, "content_block_delta");
    out += ",\"index\":";
    core::append_number(out, index_);
    out += ",\"delta\":{\"type\":";
  }

  void write_delta(std::string_view text, std::string& out) {
    out += delta_start_;
    core::append_escaped(out, text);
    out += "\"}}\n\n";
  }

  void close_block(std::string& out) {
    if (!open_) return;
    open_ = false;
    if (block_.kind == BlockKind::thinking) {
      open_delta(out);
      out.append(R"("signature_delta","signature":")").append(own_signature).append("\"}}\n\n");
    }
    if (block_.kind == BlockKind::tool) done_calls_.push_back(block_.tool_index);
    open_frame(out, "content_block_stop");
    out += ",\"index\":";
    core::append_number(out, index_++);
    out += "}\n\n";
  }

  const ReplyContext& context_;
  Ending ending_;
  Block block_;                // the open one
  std::string delta_start_;    // what each of its deltas begins with
  std::deque<Block> waiting_;  // those after it, in order of arrival
  std::vector<std::int32_t> done_calls_;
  std::int32_t index_ = 0;
  bool open_ = false;
  bool begun_ = false;
  bool finished_ = false;  // the answer is complete: nothing waits for a brace any more
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context) {
  return std::make_unique<Encoder>(context);
}

}  // namespace codecrucible::wire::anthropic

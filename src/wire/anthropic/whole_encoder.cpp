#include "core/json_text.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/anthropic/reply_parts.hpp"
#include "wire/ollama/strict_json.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace codecrucible::wire::anthropic {
namespace {

using core::Event;

class BodyEncoder final : public WholeEncoder {
 public:
  explicit BodyEncoder(const ReplyContext& context) : context_(context) {}

  void gather(const Event& event) override {
    if (event.choice != 0) return;
    const bool surplus = context_.one_call && event.kind == Event::Kind::tool_call && event.tool_index > 0;
    switch (event.kind) {
      case Event::Kind::text:
      case Event::Kind::refusal:
        add_text(BlockKind::text, event);
        break;
      case Event::Kind::reasoning:
        if (context_.show_reasoning) add_text(BlockKind::thinking, event);
        break;
      case Event::Kind::tool_call:
        if (!surplus) add_call(event);
        break;
      case Event::Kind::failure:
        if (!failure_) failure_ = event.failure;
        break;
      default:
        break;
    }
    ending_.take(event, !surplus);
  }

  void write(std::string& out) override {
    if (failure_) {
      out += error_body(*failure_, context_.request_id);
      return;
    }
    append_head(context_, out);
    out += '[';
    for (const auto& block : blocks_) {
      if (&block != &blocks_.front()) out += ',';
      write_block(block, out);
    }
    out.append("],\"stop_reason\":\"").append(ending_.stop_reason());
    out += "\",\"stop_sequence\":";
    ending_.append_stop_sequence(out);
    out += ",\"usage\":";
    ending_.append_usage(context_, true, out);
    out += '}';
  }

 private:
  void add_text(BlockKind kind, const Event& event) {
    if (event.text.empty()) return;
    if (blocks_.empty() || blocks_.back().kind != kind) blocks_.emplace_back().kind = kind;
    blocks_.back().text += event.text;
  }

  void add_call(const Event& event) {
    const auto known = std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& block) {
      return block.is(BlockKind::tool, event.tool_index);
    });
    add_piece(event, known == blocks_.end() ? blocks_.emplace_back() : *known);
  }

  void write_block(const Block& block, std::string& out) const {
    switch (block.kind) {
      case BlockKind::text:
        out += R"({"type":"text","text":)";
        core::append_string(out, block.text);
        break;
      case BlockKind::thinking:
        out += R"({"type":"thinking","thinking":)";
        core::append_string(out, block.text);
        out.append(R"(,"signature":")").append(own_signature).append("\"");
        break;
      case BlockKind::tool:
        out += R"({"type":"tool_use","id":)";
        core::append_string(out, block.id.empty() ? made_tool_id(context_, block.tool_index) : block.id);
        out += ",\"name\":";
        core::append_string(out, block.name);
        out += ",\"input\":";
        ollama::append_arguments(out, block.text);
        break;
    }
    out += '}';
  }

  const ReplyContext& context_;
  Ending ending_;
  std::vector<Block> blocks_;
  std::optional<core::Failure> failure_;
};

}  // namespace

std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context) {
  return std::make_unique<BodyEncoder>(context);
}

}  // namespace codecrucible::wire::anthropic

#pragma once

#include "core/event.hpp"
#include "wire/dialect.hpp"
#include "wire/openai/tool_calls.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace codecrucible::wire::anthropic {

// What the two forms of a reply have in common.

enum class BlockKind : std::uint8_t { text, thinking, tool };

// A content block; `text` is what is gathered of it, of a call the text of its arguments.
struct Block {
  BlockKind kind = BlockKind::text;
  std::int32_t tool_index = 0;
  std::string id, name;
  std::string text;
  openai::ObjectWatch arguments;
  bool is(BlockKind other, std::int32_t index) const {
    return kind == other && (kind != BlockKind::tool || tool_index == index);
  }
};

// The block's tool id and name from the first piece of a call, and the text of any.
void add_piece(const core::Event& event, Block& block);

// The reply's end while its events come: why it ended and what it cost.
class Ending {
 public:
  // `shown_call`: the event is a piece of a tool call that the client gets.
  void take(const core::Event& event, bool shown_call);
  // Calls end a turn with `tool_use` whatever the server says of it; a cut answer stays cut (traps B15).
  // `stop_sequence` where the backend tells which stop string it met (vLLM does); elsewhere that is
  // `end_turn`.
  std::string_view stop_reason() const;
  // `"…"` or null.
  void append_stop_sequence(std::string& out) const;
  // The counters as Anthropic tells them: what the cache gave is no input. What nobody counted is estimated,
  // one token per piece; what was given up before this answer counts too. `parts`: and is told apart.
  void append_usage(const ReplyContext& context, bool parts, std::string& out) const;

 private:
  core::FinishReason finish_ = core::FinishReason::stop;
  std::string stop_;
  core::Usage usage_;
  std::int64_t pieces_ = 0;
  bool calls_ = false;
};

// `{"id":…,"type":"message","role":"assistant","model":…,"content":` of both forms.
void append_head(const ReplyContext& context, std::string& out);

// An id for a call that came without one; the same reply always has the same ids.
std::string made_tool_id(const ReplyContext& context, std::int32_t tool_index);

}  // namespace codecrucible::wire::anthropic

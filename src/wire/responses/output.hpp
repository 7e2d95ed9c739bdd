#pragma once

#include "core/event.hpp"
#include "wire/dialect.hpp"
#include "wire/responses/asked.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::responses {

// One part of a message.
struct OutputPart {
  bool refusal = false;
  std::string text;
  std::string logprobs;  // token entries, separated by commas
};

// One item of a reply's `output`.
struct OutputItem {
  enum class Kind : std::uint8_t { reasoning, message, call };
  Kind kind = Kind::message;
  std::string id;
  std::vector<OutputPart> parts;  // message
  std::string text;               // reasoning; the arguments of a call
  std::string call_id, name, name_space;
  std::int32_t tool_index = -1;
  bool custom = false;   // a call with free text
  bool complete = true;  // false: the answer ended inside
  bool closed = false;   // told to the client as done
};

// Gathers the events of one reply as its items, in the order in which they began. Only choice 0 exists in
// this dialect.
class Output {
 public:
  explicit Output(const ReplyContext& context) : context_(context) {}

  // The place that an event went to; no item if it belongs to none.
  struct Place {
    OutputItem* item = nullptr;
    std::size_t index = 0;
    bool new_item = false;
    bool new_part = false;
  };
  Place take(const core::Event& event);
  // A reply without any item gets an empty message: clients look for one.
  void settle();

  std::vector<OutputItem>& items() noexcept { return items_; }
  const std::vector<OutputItem>& items() const noexcept { return items_; }

  core::Usage usage;
  core::FinishReason finish = core::FinishReason::stop;
  std::int64_t pieces = 0;  // about the tokens of the answer

 private:
  Place last_or_new(OutputItem::Kind kind);
  Place call(const core::Event& event);
  OutputItem& add(OutputItem::Kind kind);

  const ReplyContext& context_;
  std::vector<OutputItem> items_;
};

// Whether reasoning is told as a summary (asked for) or as the text itself.
bool as_summary(const ReplyContext& context) noexcept;

// The text of a custom call: `input` of its arguments, or these themselves if they are no such object.
std::string free_text(std::string_view arguments);

void append_part(const OutputPart& part, std::string& out);
void append_reasoning_part(const ReplyContext& context, std::string_view text, std::string& out);
// An item in full; `begun` = as it is when it begins: without its content.
void append_item(const ReplyContext& context, const OutputItem& item, bool begun, std::string& out);
void append_items(const ReplyContext& context, const Output& output, std::string& out);

}  // namespace codecrucible::wire::responses

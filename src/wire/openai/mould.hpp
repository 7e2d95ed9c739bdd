#pragma once

#include "wire/openai/chunk.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace codecrucible::wire::openai {

// The constant text around the words of a stream. A server writes thousands of chunks that differ in one
// string only; once one of them has been read and judged, the next that begins and ends with the same bytes
// is known to be like it, and only the string in between is looked at.
class Mould {
 public:
  // Learns from an event just read: `text` is where its words stand in `data`. `mended` is what was sent
  // instead, with the words at `mended_text`; empty if the event went on as it was.
  void learn(std::string_view data, std::string_view text, std::int32_t choice, bool reasoning,
             std::string_view mended = {}, std::string_view mended_text = {});
  void forget() noexcept { head_.clear(); }

  // True if `data` came out of the mould; `text` is its string, checked.
  bool fits(std::string_view data, JsonString& text) const;

  std::int32_t choice() const noexcept { return choice_; }
  bool reasoning() const noexcept { return reasoning_; }
  bool mended() const noexcept { return !mended_head_.empty(); }
  std::string_view mended_head() const noexcept { return mended_head_; }
  std::string_view mended_tail() const noexcept { return mended_tail_; }

 private:
  std::string head_, tail_;  // with the quotes of the string
  std::string mended_head_, mended_tail_;
  std::int32_t choice_ = 0;
  bool reasoning_ = false;
};

// The only string of a chunk that is nothing but a piece of text or reasoning of one choice; null otherwise.
const JsonString* only_words(const Chunk& chunk);

}  // namespace codecrucible::wire::openai

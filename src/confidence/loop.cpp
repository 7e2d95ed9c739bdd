#include "confidence/text.hpp"
#include "confidence/watches.hpp"

namespace codecrucible::confidence {

void LoopWatch::feed(std::string_view piece) noexcept {
  constexpr std::uint32_t longest_rule = 400;  // the same character so often is no rule or table any more
  for (const char c : piece) {
    same_ = c == last_ ? same_ + 1 : 0;
    last_ = c;
    if (same_ > longest_rule) looping_ = true;
    const bool solid = is_letter(c) || is_digit(c);
    if (solid) {
      word_ = mix(word_ == 0 ? hash_seed : word_, lower(c));
      lettered_ = lettered_ || is_letter(c);
    } else if (word_ != 0) {
      // Twenty-four words that come round and round; fewer are a list or emphasis. Numbers alone may be a
      // table of data.
      looping_ = words_.add(word_, lettered_ ? 24 : 200) || looping_;
      word_ = 0;
      lettered_ = false;
    }
    if (c == '\n') {
      // Short lines ("}", "|---|") repeat by nature.
      if (line_length_ > 12 && lines_.add(line_, 5)) looping_ = true;
      line_ = line_length_ = 0;
    } else {
      line_ = mix(line_ == 0 ? hash_seed : line_, c);
      line_length_ += solid ? 1U : 0U;
    }
  }
}

}  // namespace codecrucible::confidence

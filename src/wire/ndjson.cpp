#include "wire/ndjson.hpp"

#include <cstring>

namespace codecrucible::wire {

void NdjsonReader::feed(std::string_view bytes) {
  if (overflown_ || ended_) return;
  carry_.erase(0, line_);
  scanned_ -= line_;
  line_ = 0;
  if (carry_.empty()) {
    window_ = bytes;
    return;
  }
  carry_.append(bytes);
  window_ = carry_;
}

void NdjsonReader::end() {
  if (overflown_ || ended_) return;
  ended_ = true;
  window_ = carry_;
}

bool NdjsonReader::next(std::string_view& line) {
  while (!overflown_) {
    const void* const found = scanned_ < window_.size()
                                  ? std::memchr(window_.data() + scanned_, '\n', window_.size() - scanned_)
                                  : nullptr;
    std::size_t stop = window_.size();
    if (found != nullptr) {
      stop = static_cast<std::size_t>(static_cast<const char*>(found) - window_.data());
    } else if (!ended_ || line_ >= window_.size()) {
      keep_rest();
      return false;
    }
    std::string_view text = window_.substr(line_, stop - line_);
    line_ = scanned_ = found != nullptr ? stop + 1 : stop;
    if (text.size() > limit_) {
      overflown_ = true;
      return false;
    }
    if (first_ && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    first_ = false;
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ' || text.back() == '\t')) {
      text.remove_suffix(1);
    }
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    if (text.empty()) continue;
    line = text;
    return true;
  }
  return false;
}

// The caller's bytes die with its read: the incomplete line moves into carry_. Views already given out point
// into the caller's bytes then; if they point into carry_, it stays as it is until the next feed.
void NdjsonReader::keep_rest() {
  scanned_ = window_.size();
  if (window_.data() != carry_.data()) {
    carry_.assign(window_.substr(line_));
    scanned_ = carry_.size();
    line_ = 0;
    window_ = carry_;
  }
  if (window_.size() - line_ > limit_) overflown_ = true;
}

}  // namespace codecrucible::wire

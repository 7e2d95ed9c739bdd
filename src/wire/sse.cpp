#include "wire/sse.hpp"

#include <cstring>

namespace codecrucible::wire {
namespace {

// Position of the first `c` in text from `from` on, or text.size().
std::size_t find(std::string_view text, std::size_t from, char c) {
  if (from >= text.size()) return text.size();
  const void* const found = std::memchr(text.data() + from, c, text.size() - from);
  return found == nullptr ? text.size()
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

void SseReader::feed(std::string_view bytes) {
  if (overflown_ || ended_) return;
  carry_.erase(0, event_);
  line_ -= event_;
  scanned_ -= event_;
  event_ = 0;
  if (carry_.empty()) {
    window_ = bytes;
    return;
  }
  carry_.append(bytes);
  window_ = carry_;
}

void SseReader::end() {
  if (overflown_ || ended_) return;
  ended_ = true;
  window_ = carry_;
}

bool SseReader::next(SseEvent& event) {
  while (!overflown_) {
    if (skip_lf_ && line_ < window_.size()) {
      skip_lf_ = false;
      if (window_[line_] == '\n') {
        if (event_ == line_) ++event_;
        scanned_ = ++line_;
        continue;
      }
    }
    const std::size_t lf = find(window_, scanned_, '\n');
    std::size_t stop = find(window_.substr(0, lf), scanned_, '\r');
    if (stop == window_.size()) {
      const bool rest = ended_ && event_ < window_.size();
      if (!rest) {
        keep_rest();
        return false;
      }
      take_line(window_.substr(line_));
      line_ = scanned_ = window_.size();
      return dispatch(event, window_.size(), true);
    }
    std::size_t after = stop + 1;
    if (window_[stop] == '\r') {
      if (after < window_.size()) {
        if (window_[after] == '\n') ++after;
      } else {
        skip_lf_ = true;
      }
    }
    const std::string_view line = window_.substr(line_, stop - line_);
    take_line(line);
    line_ = scanned_ = after;
    if (line.empty()) {
      if (dispatch(event, after, false)) return true;
    } else if (lines_ == 0) {
      event_ = after;  // only comments so far: nothing to keep
    }
  }
  return false;
}

void SseReader::take_line(std::string_view line) {
  if (first_line_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  first_line_ = false;
  if (line.empty() || line.front() == ':') return;
  ++lines_;
  const std::size_t colon = find(line, 0, ':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = line.substr(colon == line.size() ? colon : colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    take_data(value);
  } else if (field == "error") {
    error_line_ = true;
    take_data(value);
  } else if (field == "event") {
    name_at_ = static_cast<std::size_t>(value.data() - window_.data()) - event_;
    name_size_ = value.size();
  }
}

void SseReader::take_data(std::string_view value) {
  if (++data_lines_ == 1) {
    data_at_ = static_cast<std::size_t>(value.data() - window_.data()) - event_;
    data_size_ = value.size();
    return;
  }
  if (data_lines_ == 2) joined_.assign(from_event(data_at_, data_size_));
  joined_ += '\n';
  joined_ += value;
}

bool SseReader::dispatch(SseEvent& event, std::size_t after, bool cut) {
  const std::size_t size = after - event_;
  if (size > limit_) {
    overflown_ = true;
    return false;
  }
  event.data = data_lines_ > 1 ? std::string_view(joined_) : from_event(data_at_, data_size_);
  event.name = error_line_ ? std::string_view("error") : from_event(name_at_, name_size_);
  event.raw = window_.substr(event_, size);
  event.cut = cut;
  event.plain = !cut && lines_ == 1 && data_at_ == 6 && size == data_size_ + 8 &&
                event.raw.starts_with("data: ") && event.raw.ends_with("\n\n");
  const bool worth = data_lines_ > 1 || data_size_ > 0;
  begin_event(after);
  return worth;
}

void SseReader::begin_event(std::size_t at) {
  event_ = at;
  data_at_ = data_size_ = name_at_ = name_size_ = 0;
  lines_ = data_lines_ = 0;
  error_line_ = false;
}

// The caller's bytes die with its read: the incomplete event moves into carry_. Views already given out point
// into the caller's bytes then; if they point into carry_, it stays as it is until the next feed.
void SseReader::keep_rest() {
  scanned_ = window_.size();
  if (window_.data() != carry_.data()) {
    carry_.assign(window_.substr(event_));
    scanned_ = carry_.size();
    line_ -= event_;
    event_ = 0;
    window_ = carry_;
  }
  if (window_.size() - event_ > limit_) overflown_ = true;
}

std::string_view SseReader::from_event(std::size_t at, std::size_t size) const {
  return window_.substr(event_ + at, size);
}

}  // namespace codecrucible::wire

#include "confidence/text.hpp"
#include "confidence/watches.hpp"

namespace codecrucible::confidence {

void JsonWatch::feed(std::string_view piece) noexcept {
  for (const char c : piece) one(c);
}

void JsonWatch::ended() noexcept {
  state_ = State::after;
}

void JsonWatch::one(char c) noexcept {
  switch (state_) {
    case State::broken:
      return;
    case State::string:
      if (c == '\\') {
        state_ = State::escape;
      } else if (c == '"') {
        state_ = string_is_key_ ? State::colon : State::after;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        state_ = State::broken;
      }
      return;
    case State::escape:
      unicode_left_ = 4;
      state_ = c == 'u'                                                           ? State::unicode
               : std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos ? State::string
                                                                                  : State::broken;
      return;
    case State::unicode: {
      const char low = lower(c);
      if (!is_digit(c) && !(low >= 'a' && low <= 'f')) {
        state_ = State::broken;
      } else if (--unicode_left_ == 0) {
        state_ = State::string;
      }
      return;
    }
    case State::word:
      if (word_[word_at_] != c) {
        state_ = State::broken;
      } else if (word_[++word_at_] == 0) {
        ended();
      }
      return;
    case State::number:
      if (is_digit(c) || c == '.' || lower(c) == 'e' || ((c == '-' || c == '+') && lower(last_) == 'e')) {
        last_ = c;
        return;
      }
      if (!is_digit(last_)) {
        state_ = State::broken;
        return;
      }
      ended();
      break;  // `c` follows the number
    default:
      break;
  }
  if (is_space(c)) return;
  switch (state_) {
    case State::first_value:
      if (c == ']') {
        --depth_;
        return ended();
      }
      [[fallthrough]];
    case State::value:
      if (c == '{' || c == '[') {
        if (depth_ == 255) {
          state_ = State::broken;
          return;
        }
        objects_[static_cast<std::size_t>(depth_++)] = c == '{';
        state_ = c == '{' ? State::first_key : State::first_value;
      } else if (c == '"') {
        string_is_key_ = false;
        state_ = State::string;
      } else if (c == '-' || is_digit(c)) {
        last_ = c;
        state_ = State::number;
      } else {
        word_ = c == 't' ? "true" : c == 'f' ? "false" : c == 'n' ? "null" : nullptr;
        word_at_ = 1;
        state_ = word_ != nullptr ? State::word : State::broken;
      }
      return;
    case State::first_key:
      if (c == '}') {
        --depth_;
        return ended();
      }
      [[fallthrough]];
    case State::key:
      string_is_key_ = true;
      state_ = c == '"' ? State::string : State::broken;
      return;
    case State::colon:
      state_ = c == ':' ? State::value : State::broken;
      return;
    case State::after: {
      const bool object = depth_ > 0 && objects_[static_cast<std::size_t>(depth_ - 1)];
      if (depth_ > 0 && c == ',') {
        state_ = object ? State::key : State::value;
      } else if (depth_ > 0 && c == (object ? '}' : ']')) {
        --depth_;
      } else {
        state_ = State::broken;
      }
      return;
    }
    default:
      return;
  }
}

}  // namespace codecrucible::confidence

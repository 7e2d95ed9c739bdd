#pragma once

#include "core/arena.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::wire {

// Inside of a JSON string as it stands in the text, without its quotes.
struct JsonString {
  std::string_view raw;
  bool escaped = false;  // holds a backslash: raw is not yet the text
};

// A strict forward reader of one JSON text (RFC 8259, UTF-8 checked): one pass, no allocation, views into the
// text itself. All that is passed over is checked too, so a text read to at_end() without a problem is valid.
//
//   JsonReader json(text);
//   if (json.enter_object()) while (json.next_key(key)) { … read or skip the value … }
//   if (!json.at_end()) … json.problem() at json.position() …
//
// Each next_key() or next_item() that gave true must be followed by reading or skipping exactly one value.
// After a problem every call returns false.
class JsonReader {
 public:
  static constexpr int max_depth = 128;

  enum class Kind : std::uint8_t { object, array, string, number, boolean, null, bad };

  explicit JsonReader(std::string_view text) noexcept
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  // From now on an escape that names half a character is a problem (surrogates.hpp).
  void refuse_lone_surrogates() noexcept { whole_characters_ = true; }

  // What stands next, blanks skipped.
  Kind kind() noexcept;

  bool enter_object() noexcept;
  bool next_key(JsonString& key) noexcept;
  bool enter_array() noexcept;
  bool next_item() noexcept;

  bool read_string(JsonString& text) noexcept;
  bool read_number(std::string_view& digits) noexcept;
  bool read_bool(bool& value) noexcept;
  bool read_null() noexcept;
  // Passes one value of any kind; `raw` is its text.
  bool skip(std::string_view& raw) noexcept;
  bool skip() noexcept {
    std::string_view ignored;
    return skip(ignored);
  }

  // Nothing but blanks is left, and there was no problem.
  bool at_end() noexcept;

  bool failed() const noexcept { return !problem_.empty(); }
  std::string_view problem() const noexcept { return problem_; }
  std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

 private:
  bool fail(std::string_view problem) noexcept;
  void blanks() noexcept;
  bool word(std::string_view expected) noexcept;
  bool open(char brace) noexcept;
  bool close_or_comma(char brace) noexcept;
  bool pass_escape() noexcept;
  bool pass_utf8() noexcept;

  const char* begin_;
  const char* at_;
  const char* end_;
  std::string_view problem_;
  int depth_ = 0;
  bool fresh_ = false;  // just behind an opening brace or bracket
  bool whole_characters_ = false;
};

// The first byte in [from, to) that cannot stand plainly in ASCII JSON string text (quote, backslash, control
// character, byte over 0x7F), or `to`.
const char* plain_end(const char* from, const char* to) noexcept;

// Appends the text that `raw` (checked by a JsonReader) means. A lone surrogate becomes U+FFFD.
void append_unescaped(std::string& out, std::string_view raw);
// The text itself: `raw` if it has no escapes, else written to `memory`.
std::string_view unescape(JsonString text, core::Arena& memory);

// Numbers of checked JSON; none if it does not fit. `integer_of` takes 3.0 and 3e2 as integers, 3.5 not.
std::optional<double> double_of(std::string_view digits) noexcept;
std::optional<std::int64_t> integer_of(std::string_view digits) noexcept;

}  // namespace codecrucible::wire

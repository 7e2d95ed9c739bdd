#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace codecrucible::wire {

// Longest line or event that a reader takes (traps A11: tool arguments and images make very long ones).
inline constexpr std::size_t default_line_limit = std::size_t{16} << 20;

// Cuts a stream of bytes into lines of JSON; bytes may come in any cut. Ends of line are LF or CRLF, a byte
// order mark at the start and empty lines are skipped. Costs no allocation per line when reads hold whole
// lines.
//
//   reader.feed(bytes);
//   while (reader.next(line)) …      // until false, always: what is left over is kept for the next feed
//
// Views live until the next feed() or end().
class NdjsonReader {
 public:
  explicit NdjsonReader(std::size_t limit = default_line_limit) : limit_(limit) {}
  NdjsonReader(const NdjsonReader&) = delete;
  NdjsonReader& operator=(const NdjsonReader&) = delete;

  void feed(std::string_view bytes);
  // The stream is over: a last line without its line end becomes readable by next(). Whether it is complete
  // JSON is for the caller to judge (traps A12).
  void end();
  bool next(std::string_view& line);

  // A line longer than the limit came by: nothing can be read any more.
  bool overflown() const noexcept { return overflown_; }
  std::size_t limit() const noexcept { return limit_; }

 private:
  void keep_rest();

  std::size_t limit_;
  std::string carry_;        // the incomplete line of earlier feeds, then this feed's bytes behind it
  std::string_view window_;  // what next() reads: the caller's bytes or carry_
  std::size_t line_ = 0;     // start of the current line in window_
  std::size_t scanned_ = 0;  // no LF before this
  bool first_ = true;        // nothing read yet: a byte order mark may stand here
  bool ended_ = false;
  bool overflown_ = false;
};

}  // namespace codecrucible::wire

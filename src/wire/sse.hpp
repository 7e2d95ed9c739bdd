#pragma once

#include "wire/ndjson.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace codecrucible::wire {

// One server-sent event. Views live until the reader is fed again.
struct SseEvent {
  std::string_view data;  // all `data:` lines, joined by LF
  std::string_view name;  // of the `event:` line; empty if there is none
  std::string_view raw;   // the event's own bytes with its blank line
  bool plain = false;     // raw is exactly "data: " + data + "\n\n": may go on as it is
  bool cut = false;       // the stream ended before the blank line; whether it is whole is for the caller
};

// Cuts a stream of bytes into server-sent events as the WHATWG standard says; bytes may come in any cut,
// lines may end in LF, CRLF or CR, also split between two reads (traps A1 to A5, A11, A12). Comments, unknown
// fields and events without data are skipped. A line `error: …` (old llama.cpp) reads as data of an event
// named "error". One event in one read costs no allocation.
//
//   reader.feed(bytes);
//   while (reader.next(event)) …     // until false, always: what is left over is kept for the next feed
class SseReader {
 public:
  explicit SseReader(std::size_t limit = default_line_limit) : limit_(limit) {}
  SseReader(const SseReader&) = delete;
  SseReader& operator=(const SseReader&) = delete;

  void feed(std::string_view bytes);
  // The stream is over: an event without its blank line becomes readable, marked `cut`.
  void end();
  bool next(SseEvent& event);

  // An event longer than the limit came by: nothing can be read any more.
  bool overflown() const noexcept { return overflown_; }
  std::size_t limit() const noexcept { return limit_; }

 private:
  bool dispatch(SseEvent& event, std::size_t after, bool cut);
  void take_line(std::string_view line);
  void take_data(std::string_view value);
  void begin_event(std::size_t at);
  void keep_rest();
  std::string_view from_event(std::size_t at, std::size_t size) const;

  std::size_t limit_;
  std::string carry_;        // the incomplete event of earlier feeds, then this feed's bytes behind it
  std::string joined_;       // data of an event with several data lines
  std::string_view window_;  // what next() reads: the caller's bytes or carry_
  std::size_t event_ = 0;    // start of the current event in window_
  std::size_t line_ = 0;     // start of the current line
  std::size_t scanned_ = 0;  // no end of line before this
  // Of the current event, counted from its start, as the window may move.
  std::size_t data_at_ = 0, data_size_ = 0, name_at_ = 0, name_size_ = 0;
  std::size_t lines_ = 0;  // lines that are not comments
  std::size_t data_lines_ = 0;
  bool error_line_ = false;
  bool first_line_ = true;  // of the stream: a byte order mark may stand here
  bool skip_lf_ = false;    // the last line ended in CR at the very end of a read
  bool ended_ = false;
  bool overflown_ = false;
};

}  // namespace codecrucible::wire

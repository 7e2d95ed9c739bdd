#include "net/chunked.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace codecrucible::net {

// Adds a hexadecimal digit to the size; false if it is none or the size is absurd (2^60).
bool ChunkDecoder::digit(char c) noexcept {
  unsigned value = 0;
  if (c >= '0' && c <= '9') {
    value = static_cast<unsigned>(c - '0');
  } else if (c >= 'a' && c <= 'f') {
    value = static_cast<unsigned>(c - 'a') + 10;
  } else if (c >= 'A' && c <= 'F') {
    value = static_cast<unsigned>(c - 'A') + 10;
  } else {
    return false;
  }
  if (left_ >> 56 != 0) return false;
  left_ = left_ << 4 | value;
  return true;
}

// One byte of anything but payload. Line ends are CR LF and nothing else: a lone LF is how requests are
// smuggled.
ChunkDecoder::At ChunkDecoder::head_step(char c) noexcept {
  const bool control = (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127;
  switch (at_) {
    case At::size_first:
      left_ = 0;
      spent_ = 0;
      return digit(c) ? At::size : At::bad;
    case At::size:
      if (digit(c)) return At::size;
      if (c == '\r') return At::size_lf;
      return c == ';' || c == ' ' || c == '\t' ? At::extension : At::bad;
    case At::extension:
      if (c == '\r') return At::size_lf;
      return control || ++spent_ > max_extension ? At::bad : At::extension;
    case At::size_lf:
      spent_ = 0;
      if (c != '\n') return At::bad;
      return left_ == 0 ? At::trailer_first : At::data;
    case At::data_cr:
      return c == '\r' ? At::data_lf : At::bad;
    case At::data_lf:
      return c == '\n' ? At::size_first : At::bad;
    case At::trailer_first:
      if (c == '\r') return At::end_lf;
      if (trailers_ == Trailers::refuse) return At::bad;
      [[fallthrough]];
    case At::trailer:
      if (c == '\r') return At::trailer_lf;
      return control || ++spent_ > max_trailers ? At::bad : At::trailer;
    case At::trailer_lf:
      return c == '\n' ? At::trailer_first : At::bad;
    case At::end_lf:
      return c == '\n' ? At::done : At::bad;
    case At::data:
    case At::done:
    case At::bad:
      break;
  }
  return At::bad;
}

ChunkDecoder::Step ChunkDecoder::decode(char* raw, std::size_t size) noexcept {
  char* out = nullptr;
  std::size_t produced = 0;
  std::size_t at = 0;
  while (at < size && at_ != At::done && at_ != At::bad) {
    if (at_ != At::data) {
      at_ = head_step(raw[at++]);
      continue;
    }
    const std::size_t take = std::min<std::uint64_t>(left_, size - at);
    if (out == nullptr) {
      out = raw + at;
    } else {
      std::memmove(out + produced, raw + at, take);
    }
    produced += take;
    at += take;
    left_ -= take;
    if (left_ == 0) at_ = At::data_cr;
  }
  Step step;
  if (out != nullptr) step.payload = {out, produced};
  step.consumed = at;
  if (at_ == At::done) step.state = State::done;
  if (at_ == At::bad) step.state = State::bad;
  return step;
}

std::string_view chunk_line(char (&room)[chunk_line_max], std::size_t size) noexcept {
  char* end = std::to_chars(room, room + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {room, static_cast<std::size_t>(end - room)};
}

}  // namespace codecrucible::net

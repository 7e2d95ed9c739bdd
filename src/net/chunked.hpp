#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace codecrucible::net {

// Reads Transfer-Encoding: chunked (RFC 9112 §7.1) piece by piece, in place: Beast's reader hands out one
// chunk per read and lets trailers grow without bound (STYLE §3.6, §3.9).
class ChunkDecoder {
 public:
  enum class Trailers : std::uint8_t {
    refuse,  // a request: a trailer is nothing we have a use for
    skip,    // a reply
  };
  enum class State : std::uint8_t { more, done, bad };

  explicit ChunkDecoder(Trailers trailers = Trailers::skip) noexcept : trailers_(trailers) {}

  struct Step {
    std::string_view payload;  // the decoded bytes, inside `raw`
    std::size_t consumed = 0;  // of `raw`: all of it unless done or bad
    State state = State::more;
  };

  // Decodes all of `raw`, overwriting it: payloads are moved together. One chunk's payload stays where it is.
  Step decode(char* raw, std::size_t size) noexcept;

 private:
  enum class At : std::uint8_t {
    size_first,  // first digit of a size
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_first,  // start of a trailer line or of the last line
    trailer,
    trailer_lf,
    end_lf,
    done,
    bad,
  };

  bool digit(char c) noexcept;
  At head_step(char c) noexcept;

  // Extensions of one size line, and all trailers together, may not be longer.
  static constexpr std::uint32_t max_extension = 1024;
  static constexpr std::uint32_t max_trailers = 16 * 1024;

  Trailers trailers_;
  At at_ = At::size_first;
  std::uint32_t spent_ = 0;  // bytes of the current extension, or of the trailers
  std::uint64_t left_ = 0;   // size read so far, then payload still to come
};

// The line before a chunk of `size` bytes, written into `room`.
inline constexpr std::size_t chunk_line_max = 18;
std::string_view chunk_line(char (&room)[chunk_line_max], std::size_t size) noexcept;

}  // namespace codecrucible::net

#pragma once

#include "net/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace codecrucible::net {

// Where the head of a message ends, found without looking at any byte twice.
class HeadScan {
 public:
  enum class State : std::uint8_t { more, complete, bare_lf, folded };

  // `bytes` are all of the message so far; each call has the same ones and perhaps more.
  State look(std::string_view bytes) noexcept;
  std::size_t size() const noexcept { return at_; }  // of the complete head with its empty line
  void restart() noexcept { at_ = 0; }

 private:
  std::size_t at_ = 0;  // start of the first line not yet seen whole
};

// A request's head as views into the bytes it was parsed from. Reused from request to request: no allocation
// after the first few.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  int version = 11;  // 10 or 11
  std::vector<Header> fields;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool keep_alive = false;
  bool expect_continue = false;
  int hosts = 0;
};

// Why a head is refused: status, what is counted, words for the client.
struct HeadFault {
  int status = 400;
  std::string_view count = "bad_head";
  std::string_view text;
};

// Parses one whole head (with its empty line) with Beast and refuses what Beast 1.81 lets through (STYLE
// §3.9).
std::optional<HeadFault> parse_request_head(std::string_view bytes, RequestHead& head);

struct IncomingReply {
  int status = 0;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool keep_alive = false;
  std::string_view content_type;
  std::string_view retry_after;
  std::string_view content_encoding;
  std::string_view location;
};

// The same for a backend's reply; false if it is not HTTP or its framing cannot be trusted.
bool parse_reply_head(std::string_view bytes, IncomingReply& reply);

// Names of header fields and their token values, ASCII only.
bool same_ignoring_case(std::string_view left, std::string_view right) noexcept;

}  // namespace codecrucible::net

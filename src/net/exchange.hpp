#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/task.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace codecrucible::net {

class Worker;

struct Header {
  std::string_view name;
  std::string_view value;
};

// Head of a reply. Framing (Content-Length, Transfer-Encoding, Connection, Date) is written by the Exchange.
struct ReplyHead {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view extra;  // further header lines, each ending in \r\n, already sane
};

// One request of a client and the one reply to it. Lives in the session's coroutine; never leaves its worker.
// The views are valid until the handler returns. One reply, write or end at a time.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual std::string_view method() const = 0;
  virtual std::string_view target() const = 0;  // as sent, with the query
  virtual std::string_view path() const = 0;    // without the query; not percent-decoded
  virtual std::string_view query() const = 0;
  virtual std::string_view header(std::string_view name) const = 0;  // case-insensitive; empty if absent
  virtual std::span<const Header> headers() const = 0;
  // The whole body, de-chunked. Followed by at least 64 readable bytes (simdjson's padding).
  virtual std::string_view body() const = 0;
  virtual std::string_view remote() const = 0;  // "127.0.0.1"
  virtual core::Time arrived() const = 0;       // when the head's first byte was read
  virtual Worker& worker() = 0;

  // A whole reply in one write. HEAD gets the head only.
  virtual task<bool> reply(const ReplyHead& head, std::string_view body) = 0;

  // A streamed reply: begin, any number of writes, end. `begin` sends nothing by itself: the head leaves with
  // the first write; until then it may be begun anew with another head, or become a whole reply. Chunked for
  // HTTP/1.1, close-delimited for 1.0. False = the client is gone.
  virtual void begin(const ReplyHead& head) = 0;
  virtual task<bool> write(std::string_view bytes) = 0;
  // The last bytes, if any, leave in the same packet as the end mark.
  virtual task<bool> end(std::string_view last = {}) = 0;
  // While a begun stream is silent for `every`, the exchange sends `bytes` by itself (a comment, a ping: it
  // is in the dialect's hands), with the head if that has not left yet. A span of zero ends it; the same span
  // with other bytes changes what is sent next. Meant for the time in which a backend loads or reads the
  // prompt (traps D12).
  virtual void keep_alive(core::Duration every, std::string bytes) = 0;
  virtual bool begun() const = 0;  // the head was sent: no other status is possible any more

  // Called at once when the client closes or resets while the handler runs (noticed in every phase, also
  // while nothing is read or written), and when the stop deadline has passed (then must_end() and not
  // gone()). One listener at a time; an empty function removes it; if it has happened already it is called
  // right here. Runs on the worker's thread. A half-closed client (end of its stream, still reading) counts
  // as gone, as with nginx; a reply made all the same is still sent.
  virtual void on_gone(std::function<void()> listener) = 0;
  virtual bool gone() const = 0;
  // The server's stop deadline has passed: send the dialect's error and return, a second is left.
  virtual bool must_end() const = 0;
};

}  // namespace codecrucible::net

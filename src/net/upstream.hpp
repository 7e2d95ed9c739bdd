#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/task.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::net {

// Where a backend listens: parsed once from the configured URL.
struct Endpoint {
  std::string host;
  std::uint16_t port = 80;
  bool tls = false;
  std::string base_path;      // "" or "/prefix", put before every path
  std::string authorization;  // full value of the Authorization header; empty = none
  bool public_only = false;   // connects to addresses of the public internet alone (public_address.hpp)
};
core::Result<Endpoint> parse_endpoint(std::string_view url);

struct UpstreamRequest {
  std::string_view method = "POST";
  std::string_view path;
  std::string_view body;
  std::string_view content_type = "application/json";
  std::string_view accept = "*/*";
  std::string_view extra;  // further header lines, each ending in \r\n
};

// Limits of one call; durations of zero mean none.
struct UpstreamLimits {
  core::Duration connect{};     // until the connection stands
  core::Duration first_byte{};  // from request sent to the reply's head
  core::Duration idle{};        // between two reads of the body
  core::Deadline total{};       // for all of it
};

struct UpstreamHead {
  int status = 0;
  std::string_view content_type;
  std::string_view retry_after;
  std::string_view content_encoding;
  std::string_view location;
};

// One request to a backend and its reply, on a pooled connection of this worker. Destroying it before the end
// closes the connection, which is how a generation is cancelled; after a complete body it goes back to the
// pool.
class UpstreamCall {
 public:
  virtual ~UpstreamCall() = default;

  // Sends the request and reads the reply's head. A reused connection that dies before the first byte of the
  // reply is replaced once by a new one, unseen (traps A9). Failure: refused, reset, timeout, garbage.
  virtual task<core::Result<UpstreamHead>> send(const UpstreamRequest& request,
                                                const UpstreamLimits& limits) = 0;

  // The next bytes of the body, framing removed, as many as the kernel has; an empty view is the end.
  // Valid until the next call. Failure: cut (connection lost before the end), stall, timeout.
  virtual task<core::Result<std::string_view>> read() = 0;

  // The next read waits until then at most. If nothing has come it returns an empty view, lapsed() is true,
  // and nothing is lost: reading may go on.
  virtual void read_by(core::Time at) = 0;
  virtual bool lapsed() const = 0;

  // All of the rest of the body, up to `limit` bytes; more is Failure{garbage}.
  virtual task<core::Result<std::string>> read_all(std::size_t limit) = 0;

  // Makes a running send or read fail at once with client_gone. May be called from the worker's thread any
  // time.
  virtual void cancel() = 0;

  // From now on this is the longest silence between two reads (another one before the first token than
  // after).
  virtual void limit_idle(core::Duration idle) = 0;
  // The body's end has been read: nothing more will come, and the connection is free again.
  virtual bool at_end() const = 0;

  virtual bool reused() const = 0;
};

// The connections of one worker to all backends. Not thread-safe: each worker has its own.
class UpstreamPool {
 public:
  virtual ~UpstreamPool() = default;
  virtual std::unique_ptr<UpstreamCall> open(const Endpoint& endpoint) = 0;
};

}  // namespace codecrucible::net

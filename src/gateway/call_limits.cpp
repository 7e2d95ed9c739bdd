#include "gateway/call_limits.hpp"

#include <algorithm>

namespace codecrucible::gateway {

CallLimits limits_of(const ChatJob& job, const fleet::Pair& at, core::Time began, core::Time latest) {
  const auto timeouts = job.desk.fleet.timeouts(at.host);
  CallLimits limits;
  auto& upstream = limits.upstream;
  upstream.connect = timeouts.connect;
  upstream.first_byte = job.desk.fleet.first_token_limit(at);
  upstream.total = core::Deadline::in(began, timeouts.total);
  if (latest != core::Time::max()) {
    const auto left = std::max<core::Duration>(latest - began, std::chrono::milliseconds(1));
    limits.hurried = left < upstream.first_byte || upstream.first_byte == core::Duration::zero();
    if (limits.hurried) upstream.first_byte = left;
    if (!job.request.stream) upstream.total.at = std::min(upstream.total.at, latest);
  }
  upstream.idle = upstream.first_byte;  // until the first token
  return limits;
}

net::UpstreamRequest request_of(const providers::Call& call, bool stream) {
  net::UpstreamRequest request;
  request.method = call.method;
  request.path = call.path;
  request.body = call.body;
  request.accept = stream ? "text/event-stream, application/x-ndjson, application/json" : "application/json";
  return request;
}

}  // namespace codecrucible::gateway

#pragma once

#include "net/upstream.hpp"

#include <string>

namespace codecrucible::net {

struct PlainReply {
  int status = 0;
  std::string content_type;
  std::string body;
};

// One small request and its whole reply, for probes and the CLI. `request` and what it views must live until
// the end; a reply body over `max_bytes` is Failure{garbage}.
task<core::Result<PlainReply>> plain_request(UpstreamPool& pool, const Endpoint& endpoint,
                                             const UpstreamRequest& request, UpstreamLimits limits,
                                             std::size_t max_bytes);

}  // namespace codecrucible::net

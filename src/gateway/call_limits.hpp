#pragma once

#include "gateway/chat_job.hpp"
#include "net/upstream.hpp"

namespace codecrucible::gateway {

// How long a call on behalf of a client may take.
struct CallLimits {
  net::UpstreamLimits upstream;
  bool hurried = false;  // shorter than usual, as the client waits already: lateness is no fault
};

// For a call that begins now. `latest`: when its answer shall begin (a whole one shall end by then).
CallLimits limits_of(const ChatJob& job, const fleet::Pair& at, core::Time began, core::Time latest);

// How a call tells what it takes.
net::UpstreamRequest request_of(const providers::Call& call, bool stream);

}  // namespace codecrucible::gateway

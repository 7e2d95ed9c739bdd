#pragma once

#include "core/result.hpp"
#include "net/exchange.hpp"

#include <string>

namespace codecrucible::gateway {

// Why a body cannot be read: that it is compressed, where the client says so, else as the decoder has it.
inline core::Failure body_fault(const net::Exchange& exchange, core::Failure failure) {
  const auto encoding = exchange.header("content-encoding");
  if (encoding.empty() || encoding == "identity") return failure;
  return core::fail(core::Cause::unsupported,
                    "The body is compressed (Content-Encoding: " + std::string(encoding.substr(0, 40)) +
                        "): send it as it is.");
}

}  // namespace codecrucible::gateway

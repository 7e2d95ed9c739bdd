#pragma once

#include "gateway/chat_job.hpp"

#include <cstdint>
#include <string>

namespace codecrucible::gateway {

// Takes up the client's trace (`traceparent`), or draws whether to begin one. Costs a look at one header
// while tracing is off.
void begin_trace(ChatJob& job);

// Header lines for a backend: of the trace that this request belongs to, with `span` as the caller. What a
// client sent goes on as it came where this gateway adds no spans of its own.
std::string trace_lines(const ChatJob& job, std::uint64_t span);

// Spans of the request and of each attempt, for the collector. Call once, at the end.
void tell_trace(const ChatJob& job, const telemetry::Finished& finished);

}  // namespace codecrucible::gateway

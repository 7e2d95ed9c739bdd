#pragma once

#include "gateway/chat_job.hpp"

#include <cstdint>
#include <string>

namespace codecrucible::gateway {

// The trace that a request belongs to.
struct TraceStart {
  telemetry::TraceContext context;  // the request's own span; the client's where nothing is traced here
  std::uint64_t parent = 0;         // the client's own span; 0 = it named none
  bool traced = false;              // spans go to the collector
};
TraceStart start_trace(const net::Exchange& exchange, WorkerDesk& desk);
// Header lines for a backend, with `span` as the caller.
std::string trace_lines(const net::Exchange& exchange, const TraceStart& start, std::uint64_t span);
// An id for a span; never 0.
std::uint64_t fresh_span(WorkerDesk& desk) noexcept;

// Steady times as those of the wall, by one look at both clocks.
class Clocks {
 public:
  std::chrono::system_clock::time_point at(core::Time steady) const {
    return wall_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(steady - steady_);
  }
  core::Time now() const { return steady_; }

 private:
  core::Time steady_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point wall_ = std::chrono::system_clock::now();
};

// What spans of all kinds of requests say alike. `root` gets name, kind, times and status of a request …
void describe_request(telemetry::Span& root, const net::Exchange& exchange, std::string_view operation,
                      std::string_view asked, std::string_view id, core::Duration duration,
                      const core::Failure* failure, const Clocks& clocks);
// … and `span` those of a try at a backend.
void describe_try(telemetry::Span& span, const core::HostView& host, const core::ModelView& model,
                  std::string_view operation, const core::Failure* failure);
void describe_usage(telemetry::Span& span, const core::Usage& usage);

// Takes up the client's trace (`traceparent`), or draws whether to begin one. Costs a look at one header
// while tracing is off.
void begin_trace(ChatJob& job);

// Header lines for a backend: of the trace that this request belongs to, with `span` as the caller. What a
// client sent goes on as it came where this gateway adds no spans of its own.
std::string trace_lines(const ChatJob& job, std::uint64_t span);

// Spans of the request and of each attempt, for the collector. Call once, at the end.
void tell_trace(const ChatJob& job, const telemetry::Finished& finished);

}  // namespace codecrucible::gateway

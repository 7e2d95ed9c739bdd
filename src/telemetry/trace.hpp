#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace codecrucible::telemetry {

// Where in a trace something happens: W3C Trace Context (https://www.w3.org/TR/trace-context/).
struct TraceContext {
  std::array<std::uint64_t, 2> trace{};  // never both 0
  std::uint64_t span = 0;                // never 0
  bool sampled = false;
};

// A `traceparent` header: version-trace-span-flags. None if it is not one; of a later version than 00 the
// first four fields count, as the standard wants.
std::optional<TraceContext> read_traceparent(std::string_view header) noexcept;
// As version 00.
std::string write_traceparent(const TraceContext& context);

// A fact about a span; the name is static text.
struct Attribute {
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool> value;
};

// Something that took time, as OpenTelemetry has it.
struct Span {
  enum class Kind : std::uint8_t { server = 2, client = 3 };  // the numbers of OTLP

  TraceContext context;
  std::uint64_t parent = 0;  // 0 = none
  std::string name;
  Kind kind = Kind::server;
  std::chrono::system_clock::time_point began, ended;
  std::vector<Attribute> attributes;
  std::optional<std::string> trouble;  // what went wrong; none = nothing did
};

// The body of a POST to /v1/traces: OTLP in JSON (ids in hex, 64-bit numbers as text).
std::string otlp_json(std::span<const Span> spans, std::string_view service, std::string_view version);

}  // namespace codecrucible::telemetry

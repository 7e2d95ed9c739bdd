#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace codecrucible::telemetry {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };
enum class LogFormat : std::uint8_t {
  automatic,
  pretty,
  json
};  // automatic: pretty on a terminal, else JSON

struct LogSettings {
  Level level = Level::info;
  LogFormat format = LogFormat::automatic;
  std::string file;          // empty = standard error
  bool access = true;        // one line per finished request
  std::size_t queue = 2048;  // lines waiting for the writer; when full the oldest are dropped and counted
};

// Spans of requests for a collector of OpenTelemetry, over HTTP as JSON.
struct TraceSettings {
  std::string endpoint;  // "http://127.0.0.1:4318"; empty = off
  double sample = 0.1;   // share of the requests whose client says nothing of tracing
  std::string service = "codecrucible";
  std::vector<std::pair<std::string, std::string>> headers;  // of each export, such as keys
  std::size_t queue = 2048;                                  // spans waiting; more are dropped and counted
  std::chrono::milliseconds flush{5000};                     // longest time a span waits
  std::chrono::milliseconds timeout{10'000};                 // of one export
};

}  // namespace codecrucible::telemetry

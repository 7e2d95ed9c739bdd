#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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
  std::size_t queue = 8192;  // lines waiting for the writer; when full the oldest are dropped and counted
};

}  // namespace codecrucible::telemetry

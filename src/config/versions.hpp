#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::config {

// A config that was in force once.
struct Version {
  std::uint32_t number = 0;  // from 1, never used twice
  std::int64_t unix_ms = 0;  // when it was applied
  std::string origin;        // "file", "apply", "rollback of 3", …
  std::string summary;       // the diff in one line
};

// Where versions are kept. Any thread may call it.
class Versions {
 public:
  virtual ~Versions() = default;
  // Keeps `text`. The same text as the newest version is not kept again; that version's number comes back.
  virtual core::Result<std::uint32_t> keep(const std::string& text, Version about) = 0;
  virtual std::vector<Version> list() const = 0;  // newest first
  virtual std::optional<std::string> text(std::uint32_t number) const = 0;
  // Removes the oldest beyond `count`; numbers are not given again.
  virtual void prune(std::size_t count) = 0;
};

// Files <directory>/config-history/NNNN.yaml and an index; at most `limit` of them. Each file is complete or
// absent, also after a crash. Secrets written out in a config are in its versions too, so only the owner may
// read them.
std::unique_ptr<Versions> versions_in(const std::string& directory, std::size_t limit = 50);

}  // namespace codecrucible::config

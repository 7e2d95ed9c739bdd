#pragma once

#include "core/result.hpp"
#include "history/record.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::history {

// A record as the ledger holds it.
struct Kept {
  std::int64_t number = 0;  // rises with time, never used twice
  Record record;
  std::vector<Signal> signals;
};

// Which records are meant; what is not set does not restrict.
struct Filter {
  std::optional<Wall> since, until;
  std::string task, model, host, rule, outcome;  // outcome: "ok", "failed", or a cause
  std::string variant;                           // "candidate", "shadow" …
  bool copies = false;  // also answers of copies that went to a policy released as a shadow
  std::uint64_t conversation = 0;
  std::optional<std::int64_t> before, after;  // numbers, exclusive: for paging
  std::size_t limit = 100;                    // 0 = all
  bool oldest_first = false;                  // else newest first
};

// Reads a ledger, also one that a running gateway writes at the same time; never changes it. Not for the
// request path. One thread at a time.
class Reader {
 public:
  virtual ~Reader() = default;
  // Calls `each` for every record that fits, in order, until it returns false.
  virtual core::Result<void> read(const Filter& filter, const std::function<bool(const Kept&)>& each) = 0;
  // By request id (the newest that has it), or "last".
  virtual core::Result<Kept> find(const std::string& id) = 0;
};

// Opens the file read-only; a failure says for a person why it cannot.
core::Result<std::unique_ptr<Reader>> open_reader(const std::string& file);

}  // namespace codecrucible::history

#pragma once

#include "cache/answer.hpp"
#include "cache/key.hpp"
#include "core/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace codecrucible::cache {

// A copy of the answers in a SQLite file that outlives the process. One thread writes behind; a full queue
// drops what it is given rather than make a caller wait. Any thread may call it.
class Spill {
 public:
  virtual ~Spill() = default;  // writes what is waiting
  virtual void keep(const Key& key, AnswerPtr answer) = 0;
  virtual void drop(const std::vector<Key>& keys) = 0;
  // Everything in the file, oldest first; rows that are damaged are left out.
  virtual void remembered(const std::function<void(const Key&, AnswerPtr)>& each) = 0;
  // Waits until all that was given so far is in the file.
  virtual void flush() = 0;
  virtual std::uint64_t lost() const noexcept = 0;  // dropped because the queue was full, or not written
};

// Opens or makes the file. One that is no database of ours, or is damaged, is moved aside ("….damaged") and
// begun anew: a cache may forget, but it must not stop the gateway or lie.
core::Result<std::unique_ptr<Spill>> open_spill(const std::string& file);

}  // namespace codecrucible::cache

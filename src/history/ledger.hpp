#pragma once

#include "core/result.hpp"
#include "history/lane.hpp"
#include "history/reader.hpp"
#include "history/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::history {

// A person's word about an answer.
struct Feedback {
  std::string id;  // of the request, or "last"
  SignalKind kind = SignalKind::score;
  double value = 0;  // 0 bad … 1 good
  std::string label, comment;
};

struct LedgerStats {
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;  // the queue was full
  std::uint64_t lost = 0;     // could not be written
  std::uint64_t signals = 0;
  std::uint64_t batches = 0;
  std::size_t waiting = 0;
  double writing_seconds = 0;  // sum
  std::int64_t bytes = 0;      // of the file in use
};

// What others want to hear. All on the writer's thread; may be empty.
struct LedgerHooks {
  std::function<void(std::string_view what, std::string_view why)> trouble;
  std::function<void(std::int64_t number, const Record& record)> written;  // after its batch was committed
  std::function<void(std::int64_t number, const Signal& signal)> signalled;
};

// The history of one gateway: records come in through lanes without anybody waiting, one thread writes them
// in batches, finds the signals between them and removes what is too old. The file is opened with the first
// record.
class Ledger {
 public:
  virtual ~Ledger() = default;                // writes what was handed over
  virtual Lane& lane(std::size_t index) = 0;  // one worker each
  // Any thread. `done` gets the number of the request, or a not_found failure. A record that is just being
  // written is waited for.
  virtual void feedback(Feedback feedback, std::function<void(core::Result<std::int64_t>)> done) = 0;
  // Any thread. Calls `job` with a reader that sees everything handed over so far.
  virtual void ask(std::function<void(core::Result<Reader*>)> job) = 0;
  // New settings; file and queue stay as they are.
  virtual void apply(Settings settings) = 0;
  virtual LedgerStats stats() const = 0;
};

std::unique_ptr<Ledger> make_ledger(Settings settings, std::string file, std::size_t lanes,
                                    LedgerHooks hooks);

}  // namespace codecrucible::history

#pragma once

#include "confidence/facts.hpp"
#include "confidence/sign.hpp"
#include "core/event.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace codecrucible::confidence {

// Statistics of the log-probabilities seen so far; `count` 0 = the backend gives none.
struct TokenStats {
  std::uint32_t count = 0;
  float mean = 0;          // of log p
  float low_quantile = 0;  // tenth part, of log p
  float lowest = 0;
  float entropy = 0;  // mean over the top-k, in nats, of what is listed
  float margin = 1;   // mean p(first) - p(second)
};

// One call the answer makes. `arguments` are as they came.
struct ToolReading {
  std::string id, name, arguments;
  std::string repaired;   // the arguments to use instead; empty if they are good as they are or beyond repair
  std::string complaint;  // what is wrong, for a log; empty if nothing is
  bool good = false;      // as it came or as repaired
};

// Reads one answer as it streams. Choice 0 only. Costs O(1) amortised per byte and allocates only to keep the
// answer's text (at most 256 KB of it). Used by one request, on its thread.
class Evidence {
 public:
  explicit Evidence(const Facts& facts);
  ~Evidence();
  Evidence(Evidence&&) noexcept;
  Evidence& operator=(Evidence&&) noexcept;

  void feed(const core::Event& event);
  // The whole of a text at once, for whole answers: feed(text), then feed(finish).
  void whole(std::string_view text, core::FinishReason finish = core::FinishReason::stop);

  // What can be said now. After the end also what only a whole answer shows (schema, arguments, equations).
  Signs signs() const noexcept;
  bool ended() const noexcept;             // finish or failure was seen
  std::uint32_t tokens() const noexcept;   // of text, reasoning and arguments; counted pieces or estimated
  bool began() const noexcept;             // anything generated yet
  bool calling() const noexcept;           // a tool call has begun
  std::string_view text() const noexcept;  // visible text so far
  const TokenStats& token_stats() const noexcept;
  std::span<const ToolReading> tools() const noexcept;  // judged at the end
  std::string_view complaint() const noexcept;          // of the JSON or schema check
  const Facts& facts() const noexcept;

 private:
  struct Reading;
  std::unique_ptr<Reading> reading_;
};

}  // namespace codecrucible::confidence

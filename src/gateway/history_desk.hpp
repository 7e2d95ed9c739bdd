#pragma once

#include "config/settings.hpp"
#include "history/ledger.hpp"
#include "history/pseudonym.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <memory>
#include <vector>

namespace codecrucible::gateway {

// The gateway's history: the ledger, the salt of its hashes, and what metrics and log hear of it.
class HistoryDesk {
 public:
  HistoryDesk(const config::Settings& settings, std::size_t workers, telemetry::Log& log);

  // One worker's own way in.
  history::Lane& lane(std::size_t worker) { return ledger_->lane(worker); }
  history::Ledger& ledger() { return *ledger_; }
  const history::Salt& salt() const noexcept { return salt_; }

  // New settings; another file or queue takes effect with the next start.
  void apply(const config::Settings& settings);
  // What /metrics says about it.
  void add_samples(std::vector<telemetry::Sample>& samples) const;
  // Writes what is there and answers who waits; nothing may be handed over afterwards. Before the workers are
  // gone.
  void close() { ledger_.reset(); }

 private:
  history::Salt salt_;
  std::unique_ptr<history::Ledger> ledger_;
};

}  // namespace codecrucible::gateway

#include "gateway/history_desk.hpp"

#include "gateway/state_files.hpp"

namespace codecrucible::gateway {

HistoryDesk::HistoryDesk(const config::Settings& settings, std::size_t workers, telemetry::Log& log)
    : salt_(settings.history.enabled ? history::salt_beside(history_file(settings)) : history::new_salt()) {
  history::LedgerHooks hooks;
  hooks.trouble = [&log](std::string_view what, std::string_view why) { log.warn(what, {{"reason", why}}); };
  ledger_ = history::make_ledger(settings.history, history_file(settings), workers, std::move(hooks));
}

void HistoryDesk::apply(const config::Settings& settings) {
  if (ledger_ != nullptr) ledger_->apply(settings.history);
}

void HistoryDesk::add_samples(std::vector<telemetry::Sample>& samples) const {
  const auto stats = ledger_->stats();
  telemetry::add_sample(samples, "history_records_total", "Requests written to the history", true,
                        static_cast<double>(stats.written));
  telemetry::add_sample(samples, "history_lost_total", "Records that could not be written", true,
                        static_cast<double>(stats.lost));
  telemetry::add_sample(samples, "history_signals_total",
                        "Words about answers: feedback and what follow-ups tell", true,
                        static_cast<double>(stats.signals));
  telemetry::add_sample(samples, "history_batches_total", "Transactions of the history's writer", true,
                        static_cast<double>(stats.batches));
  telemetry::add_sample(samples, "history_write_seconds_total",
                        "Time that the history's writer spent writing", true, stats.writing_seconds);
  telemetry::add_sample(samples, "history_queue_depth", "Records waiting for the history's writer", false,
                        static_cast<double>(stats.waiting));
  telemetry::add_sample(samples, "history_bytes", "Size of the history's content at the last look", false,
                        static_cast<double>(stats.bytes));
}

}  // namespace codecrucible::gateway

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
  const auto add = [&](std::string_view name, std::string_view help, bool counter, double value) {
    telemetry::Sample sample;
    sample.name = name;
    sample.help = help;
    sample.counter = counter;
    sample.value = value;
    samples.push_back(std::move(sample));
  };
  add("history_records_total", "Requests written to the history", true, static_cast<double>(stats.written));
  add("history_lost_total", "Records that could not be written", true, static_cast<double>(stats.lost));
  add("history_signals_total", "Words about answers: feedback and what follow-ups tell", true,
      static_cast<double>(stats.signals));
  add("history_batches_total", "Transactions of the history's writer", true,
      static_cast<double>(stats.batches));
  add("history_write_seconds_total", "Time that the history's writer spent writing", true,
      stats.writing_seconds);
  add("history_queue_depth", "Records waiting for the history's writer", false,
      static_cast<double>(stats.waiting));
  add("history_bytes", "Size of the history's content at the last look", false,
      static_cast<double>(stats.bytes));
}

}  // namespace codecrucible::gateway

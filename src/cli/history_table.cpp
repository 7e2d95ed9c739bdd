#include "cli/history_table.hpp"

#include "history/columns.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace codecrucible::cli {
namespace {

std::string clock_text(history::Wall at) {
  const auto seconds = std::chrono::system_clock::to_time_t(at);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%m-%d %H:%M:%S", &local)};
}

std::string short_time(core::Duration span) {
  if (span == core::Duration{}) return "-";
  const double ms = std::chrono::duration<double, std::milli>(span).count();
  char text[32];
  if (ms < 1000) {
    std::snprintf(text, sizeof text, "%.0fms", ms);
  } else {
    std::snprintf(text, sizeof text, "%.1fs", ms / 1000);
  }
  return text;
}

std::string clipped(std::string text, std::size_t most) {
  text = printable(text);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= most) return text;
  std::size_t end = most - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

constexpr std::array<const char*, 9> titles{"time",  "request", "task",    "answered by", "total",
                                            "first", "tokens",  "outcome", "why"};

}  // namespace

void HistoryTable::add(const history::Kept& kept) {
  const auto& record = kept.record;
  Row row;
  row.failed = record.failure.has_value();
  auto& cells = row.cells;
  cells[0] = clock_text(record.at);
  cells[1] = clipped(record.id, 24);
  const bool retold = record.source != history::Source::backend;
  cells[2] = record.features.classified ? std::string(core::name(record.features.task)) + "/" +
                                              std::string(core::name(record.features.complexity))
             : retold ? "-"
                      : "named";
  cells[3] = record.source == history::Source::shared ? "a generation under way"
             : retold                                 ? "memory"
             : record.attempts.empty()
                 ? "-"
                 : clipped(record.attempts.back().model + " @ " + record.attempts.back().host, 40);
  if (record.simulated) cells[3] += " (simulation)";
  cells[4] = short_time(record.duration);
  cells[5] = short_time(record.first_token);
  cells[6] = record.completion_tokens < 0 ? "-" : std::to_string(record.completion_tokens);
  cells[7] = std::string(history::outcome_of(record));
  if (record.escalated) cells[7] += ", escalated";
  if (record.attempts.size() > 1) cells[7] += ", " + std::to_string(record.attempts.size()) + " tries";
  if (const auto mean = history::reward(kept.signals)) {
    char text[32];
    std::snprintf(text, sizeof text, ", %.2f", *mean);
    cells[7] += text;
  }
  cells[8] = clipped(record.rule.empty() ? record.reason : record.rule, 60);
  rows_.push_back(std::move(row));
}

std::string HistoryTable::text() const {
  std::array<std::size_t, columns> widths{};
  for (std::size_t i = 0; i < columns; ++i) {
    widths[i] = std::string_view(titles[i]).size();
    for (const auto& row : rows_) widths[i] = std::max(widths[i], width_of(row.cells[i]));
  }
  std::string out;
  const auto line = [&](const auto& cells) {
    for (std::size_t i = 0; i < columns; ++i) {
      const std::string_view cell = cells[i];
      out += cell;
      if (i + 1 < columns) out.append(widths[i] - width_of(cell) + 2, ' ');
    }
  };
  out += style_.dim();
  line(titles);
  out += std::string(style_.off()) + "\n";
  for (const auto& row : rows_) {
    if (row.failed) out += style_.red();
    line(row.cells);
    if (row.failed) out += style_.off();
    out += '\n';
  }
  return out;
}

}  // namespace codecrucible::cli

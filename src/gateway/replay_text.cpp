#include "gateway/replay.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

std::string decimal(double value, const char* format) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double mean(double sum, std::size_t count) {
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

using Shifts = std::vector<std::pair<std::pair<std::string, std::string>, WhatIf::Shift>>;

Shifts by_count(const WhatIf::Sums& sums) {
  Shifts out(sums.shifts.begin(), sums.shifts.end());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.second.count != b.second.count ? a.second.count > b.second.count : a.first < b.first;
  });
  return out;
}

}  // namespace

std::string to_text(const WhatIf::Sums& sums) {
  std::string out = std::to_string(sums.decided) + " requests decided again: " + std::to_string(sums.same) +
                    " stay, " + std::to_string(sums.elsewhere) + " go elsewhere, " +
                    std::to_string(sums.refused) + " would be refused";
  if (sums.skipped > 0) out += " (" + std::to_string(sums.skipped) + " without a decision left out)";
  out += "\n";
  if (sums.compared > 0) {
    const double quality = mean(sums.quality_after - sums.quality_before, sums.compared);
    const double seconds = mean(sums.seconds_after - sums.seconds_before, sums.compared);
    out += "expected per request: quality " + decimal(mean(sums.quality_before, sums.compared), "%.3f") +
           " -> " + decimal(mean(sums.quality_after, sums.compared), "%.3f") + " (" +
           decimal(quality, "%+.3f") + "), time " +
           decimal(mean(sums.seconds_before, sums.compared), "%.2f") + " s -> " +
           decimal(mean(sums.seconds_after, sums.compared), "%.2f") + " s (" + decimal(seconds, "%+.2f") +
           " s)\n";
  }
  if (!sums.shifts.empty()) out += "\nGoing elsewhere:\n";
  for (const auto& [way, shift] : by_count(sums)) {
    out += "  " + std::to_string(shift.count) + "x  " + way.first + "  ->  " + way.second + "   quality " +
           decimal(mean(shift.quality, shift.count), "%+.3f") + ", time " +
           decimal(mean(shift.seconds, shift.count), "%+.2f") + " s";
    out += (shift.rule.empty() ? "" : "   rule \"" + shift.rule + "\"") + "   e.g. " + shift.example + "\n";
  }
  if (!sums.refusals.empty()) out += "\nRefused:\n";
  for (const auto& [why, count] : sums.refusals) out += "  " + std::to_string(count) + "x  " + why + "\n";
  if (!sums.rules.empty()) out += "\nRules that would speak:\n";
  for (const auto& [rule, count] : sums.rules) {
    out += "  " + std::to_string(count) + "x  " + (rule.empty() ? "(none)" : rule) + "\n";
  }
  return out;
}

std::string to_json(const WhatIf::Sums& sums) {
  json shifts = json::array();
  for (const auto& [way, shift] : by_count(sums)) {
    shifts.push_back({{"from", way.first},
                      {"to", way.second},
                      {"count", shift.count},
                      {"quality", mean(shift.quality, shift.count)},
                      {"seconds", mean(shift.seconds, shift.count)},
                      {"rule", shift.rule},
                      {"example", shift.example}});
  }
  const json out = {{"decided", sums.decided},
                    {"same", sums.same},
                    {"elsewhere", sums.elsewhere},
                    {"refused", sums.refused},
                    {"skipped", sums.skipped},
                    {"quality_before", mean(sums.quality_before, sums.compared)},
                    {"quality_after", mean(sums.quality_after, sums.compared)},
                    {"seconds_before", mean(sums.seconds_before, sums.compared)},
                    {"seconds_after", mean(sums.seconds_after, sums.compared)},
                    {"shifts", shifts},
                    {"rules", sums.rules},
                    {"refusals", sums.refusals}};
  return out.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace codecrucible::gateway

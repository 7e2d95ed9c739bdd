#include "config/units.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace codecrucible::config {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit times[] = {{"ms", 1},    {"s", 1e3},   {"sec", 1e3}, {"m", 6e4},
                          {"min", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
constexpr double k = 1024;
constexpr Unit sizes[] = {
    {"B", 1},    {"K", k},          {"KiB", k},          {"kB", 1e3},    {"KB", 1e3},
    {"M", k* k}, {"MiB", k* k},     {"MB", 1e6},         {"G", k* k* k}, {"GiB", k* k* k},
    {"GB", 1e9}, {"T", k* k* k* k}, {"TiB", k* k* k* k}, {"TB", 1e12}};

// Number and unit of "1.5 GiB"; none if either is wrong.
template <std::size_t N>
std::optional<double> amount(std::string_view text, const Unit (&units)[N], double bare) noexcept {
  std::size_t end = 0;
  while (end < text.size() && (std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.'))
    ++end;
  const std::optional<double> number = number_of(text.substr(0, end));
  if (!number) return std::nullopt;
  std::string_view unit = text.substr(end);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (unit.empty()) return *number * bare;
  for (const Unit& known : units)
    if (known.name == unit) return *number * known.factor;
  return std::nullopt;
}

}  // namespace

std::optional<double> number_of(std::string_view text) noexcept {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() ||
      !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> integer_of(std::string_view text) noexcept {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string number_to_text(double value) {
  std::array<char, 64> buffer{};
  const double size = std::abs(value);
  const bool readable = value == 0 || (size >= 1e-6 && size < 1e12);
  const auto written =
      readable ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed)
               : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), written.ptr};
}

std::optional<milliseconds> duration_of(std::string_view text, milliseconds bare) noexcept {
  const std::optional<double> value = amount(text, times, static_cast<double>(bare.count()));
  // 100 years: beyond any sense, and far from overflow when added to a clock.
  if (!value || *value > 3.2e12) return std::nullopt;
  return milliseconds(std::llround(*value));
}

std::string to_text(milliseconds span) {
  const std::int64_t ms = span.count();
  constexpr std::pair<std::int64_t, std::string_view> steps[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}};
  if (ms == 0) return "0s";
  for (const auto& [length, name] : steps)
    if (ms % length == 0) return std::to_string(ms / length) + std::string(name);
  return std::to_string(ms) + "ms";
}

std::optional<std::uint64_t> bytes_of(std::string_view text) noexcept {
  const std::optional<double> value = amount(text, sizes, 1);
  if (!value || *value > 9e15) return std::nullopt;  // beyond it a double no longer counts single bytes
  return static_cast<std::uint64_t>(std::llround(*value));
}

std::string bytes_to_text(std::uint64_t bytes) {
  constexpr std::pair<std::uint64_t, std::string_view> steps[] = {
      {1ULL << 40U, "TiB"}, {1ULL << 30U, "GiB"}, {1ULL << 20U, "MiB"}, {1ULL << 10U, "KiB"}};
  for (const auto& [size, name] : steps)
    if (bytes != 0 && bytes % size == 0) return std::to_string(bytes / size) + std::string(name);
  return std::to_string(bytes) + "B";
}

std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return std::min(d[a.size()][b.size()], limit + 1);
}

}  // namespace codecrucible::config

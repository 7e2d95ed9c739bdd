#include "router/names.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace codecrucible::router {
namespace {

constexpr char small_letter(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string_view without_latest(std::string_view name) noexcept {
  constexpr std::string_view tag = ":latest";
  // Most names end otherwise: one look tells.
  if (name.size() > tag.size() && name[name.size() - tag.size()] == ':' &&
      equal_ignoring_case(name.substr(name.size() - tag.size()), tag)) {
    name.remove_suffix(tag.size());
  }
  return name;
}

std::string_view without_publisher(std::string_view name) noexcept {
  const auto slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

// Edits (insert, remove, replace, swap of neighbours) from one word to the other, case ignored.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = small_letter(a[i - 1]) == small_letter(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && small_letter(a[i - 1]) == small_letter(b[j - 2]) &&
          small_letter(a[i - 2]) == small_letter(b[j - 1])) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  if (!a.empty() && std::memcmp(a.data(), b.data(), a.size()) == 0) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (small_letter(a[i]) != small_letter(b[i])) return false;
  }
  return true;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = small_letter(c);
  return out;
}

std::string decode_slashes(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (equal_ignoring_case(text.substr(i, 3), "%2f")) {
      out += '/';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Fit fit(std::string_view wanted, std::string_view id) noexcept {
  if (wanted.empty() || id.empty()) return Fit::none;
  if (wanted == id) return Fit::exact;
  wanted = without_latest(wanted);
  id = without_latest(id);
  // Whatever fits ends alike: most names are told apart by their last letter.
  if (small_letter(wanted.back()) != small_letter(id.back())) return Fit::none;
  if (equal_ignoring_case(wanted, id)) return Fit::loose;
  // A publisher that both name must be the same one.
  const auto wanted_short = without_publisher(wanted), id_short = without_publisher(id);
  if (wanted_short.size() != wanted.size() && id_short.size() != id.size()) return Fit::none;
  return !wanted_short.empty() && equal_ignoring_case(wanted_short, id_short) ? Fit::short_name : Fit::none;
}

bool matches_pattern(std::string_view pattern, std::string_view text) noexcept {
  pattern = without_latest(pattern);
  text = without_latest(text);
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && small_letter(pattern[p]) == small_letter(text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool matches_model(std::string_view pattern, std::string_view provider, std::string_view id) noexcept {
  if (matches_pattern(pattern, id) || matches_pattern(pattern, without_publisher(id))) return true;
  const auto slash = pattern.find('/');
  if (slash == std::string_view::npos || !matches_pattern(pattern.substr(0, slash), provider)) return false;
  const auto rest = pattern.substr(slash + 1);
  return matches_pattern(rest, id) || matches_pattern(rest, without_publisher(id));
}

std::uint64_t loose_hash(std::string_view name, std::uint64_t seed) noexcept {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;  // FNV-1a
  for (const char c : without_latest(name)) {
    hash = (hash ^ static_cast<unsigned char>(small_letter(c))) * 1099511628211ULL;
  }
  return hash;
}

std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names,
                                 std::size_t count) {
  std::vector<std::pair<std::size_t, const std::string*>> ranked;
  const auto short_wanted = without_publisher(without_latest(wanted)).substr(0, 200);
  for (const auto& name : names) {
    const auto short_name = without_publisher(without_latest(name)).substr(0, 200);
    auto apart = distance(short_wanted, short_name);
    const auto longer = std::max(short_wanted.size(), short_name.size());
    // "qwen" should find "qwen2.5-coder:7b": a common beginning counts as near.
    const auto common = std::min(short_wanted.size(), short_name.size());
    const bool begins =
        common >= 3 && equal_ignoring_case(short_wanted.substr(0, common), short_name.substr(0, common));
    if (begins) apart = std::min(apart, std::max<std::size_t>(longer / 3, 1));
    if (apart <= std::max<std::size_t>(longer / 3, 1)) ranked.emplace_back(apart, &name);
  }
  std::sort(ranked.begin(), ranked.end());  // equal distance: as listed
  std::vector<std::string> out;
  for (const auto& [apart, name] : ranked) {
    if (out.size() == count) break;
    if (std::find(out.begin(), out.end(), *name) == out.end()) out.push_back(*name);
  }
  return out;
}

std::string suggestion(std::string_view wanted, const std::vector<std::string>& names) {
  const auto near = nearest(wanted, names);
  return near.empty() ? std::string() : ". Did you mean '" + near.front() + "'?";
}

std::string valid_names(std::string_view wanted, const std::vector<std::string>& names) {
  std::string out = suggestion(wanted, names);
  out += out.empty() ? ". Valid are: " : " Valid are: ";
  for (std::size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : ", ") + names[i];
  return out;
}

}  // namespace codecrucible::router

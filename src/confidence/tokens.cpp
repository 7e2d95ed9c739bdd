#include "confidence/text.hpp"
#include "confidence/watches.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace codecrucible::confidence {
namespace {

constexpr int most_listed = 20;

}  // namespace

// Reads `[{"token":"a","logprob":-0.1,"bytes":[97],"top_logprobs":[{"token":"a","logprob":-0.1},…]},…]`. Only
// depth and the name of the last key matter, so no document is built.
void TokenWatch::feed(std::string_view entries) noexcept {
  int depth = 0;  // of objects: 1 = a token, 2 = one of its alternatives
  double own = 0, top[most_listed];
  int listed = 0;
  bool has_own = false, key_is_logprob = false;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const char c = entries[at];
    if (c == '"') {
      const auto begin = ++at;
      while (at < entries.size() && entries[at] != '"') at += entries[at] == '\\' ? 2 : 1;
      if (at >= entries.size()) return;
      auto next = at + 1;
      while (next < entries.size() && is_space(entries[next])) ++next;
      if (next < entries.size() && entries[next] == ':')
        key_is_logprob = entries.substr(begin, at - begin) == "logprob";
    } else if (c == '{') {
      if (++depth == 1) {
        has_own = false;
        listed = 0;
      }
    } else if (c == '}') {
      if (depth-- == 1 && has_own) entry(own, top, listed);
    } else if (key_is_logprob && (c == '-' || is_digit(c))) {
      double value = 0;
      const auto read = std::from_chars(entries.data() + at, entries.data() + entries.size(), value);
      if (read.ec != std::errc{}) return;
      at = static_cast<std::size_t>(read.ptr - entries.data()) - 1;
      key_is_logprob = false;
      if (depth == 1) {
        own = value;
        has_own = true;
      } else if (depth == 2 && listed < most_listed) {
        top[listed++] = value;
      }
    }
  }
}

void TokenWatch::entry(double logprob, const double* top, int listed) noexcept {
  logprob = std::clamp(logprob, -100.0, 0.0);
  sum_ += logprob;
  if (stats_.count == 0 || logprob < stats_.lowest) stats_.lowest = static_cast<float>(logprob);
  ++stats_.count;
  const auto bin = static_cast<std::size_t>(-logprob / bin_width);
  ++histogram_[std::min(bin, bins - 1)];
  if (listed < 2) return;
  double first = 0, second = 0, entropy = 0;
  for (int i = 0; i < listed; ++i) {
    const double p = std::exp(std::clamp(top[i], -100.0, 0.0));
    if (p > 0) entropy -= p * std::log(p);
    if (p > first) {
      second = first;
      first = p;
    } else {
      second = std::max(second, p);
    }
  }
  entropy_ += entropy;
  margin_ += first - second;
  ++tops_;
}

const TokenStats& TokenWatch::stats() noexcept {
  if (stats_.count == 0) return stats_;
  stats_.mean = static_cast<float>(sum_ / stats_.count);
  std::uint32_t below = 0;
  for (std::size_t bin = bins; bin-- > 0;) {
    below += histogram_[bin];
    if (below * 10 >= stats_.count) {
      stats_.low_quantile = std::max(-bin_width * static_cast<float>(bin), stats_.lowest);
      break;
    }
  }
  if (tops_ > 0) {
    stats_.entropy = static_cast<float>(entropy_ / tops_);
    stats_.margin = static_cast<float>(margin_ / tops_);
  }
  return stats_;
}

}  // namespace codecrucible::confidence

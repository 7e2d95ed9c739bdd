#include "learning/rule_words.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::learning {
namespace {

// Rules come and go with the configuration: the one with the least to say makes room.
constexpr std::size_t most_rules = 256;

}  // namespace

void RuleWords::learn(std::string_view rule, double quality, double weight, double keep) {
  if (rule.empty() || rule.find('\n') != std::string_view::npos) return;
  if (!(weight > 0) || !std::isfinite(quality)) return;
  if (rules_.size() >= most_rules && rules_.find(rule) == rules_.end()) {
    const auto lighter = [](const auto& a, const auto& b) { return a.second.weight < b.second.weight; };
    rules_.erase(std::min_element(rules_.begin(), rules_.end(), lighter));
  }
  auto& kept = rules_[std::string(rule)];
  kept.good = kept.good * keep + weight * std::clamp(quality, 0.0, 1.0);
  kept.weight = kept.weight * keep + weight;
  ++kept.words;
}

void RuleWords::write(std::string& out) const {
  put_word(out, rules_.size());
  for (const auto& [rule, kept] : rules_) {
    out += rule + '\n';
    put_word(out, kept.good);
    put_word(out, kept.weight);
    put_word(out, kept.words);
  }
}

bool RuleWords::read(Words& words) {
  std::size_t count = 0;
  if (!words.take(count) || count > most_rules) return false;
  RuleWords fresh;
  for (std::size_t i = 0; i < count; ++i) {
    auto& kept = fresh.rules_[std::string(words.next('\n'))];
    if (!words.take(kept.good) || !words.take(kept.weight) || !words.take(kept.words)) return false;
    if (!(kept.weight >= 0) || !std::isfinite(kept.good) || !std::isfinite(kept.weight)) return false;
  }
  *this = std::move(fresh);
  return true;
}

}  // namespace codecrucible::learning

#include "router/names.hpp"
#include "router/router.hpp"

#include <xxhash.h>

#include <algorithm>

namespace codecrucible::router {
namespace {

std::uint64_t row_key(std::string_view provider, std::string_view model) noexcept {
  return loose_hash(model, loose_hash(provider));
}

bool before(const std::pair<std::uint64_t, QualityTable::Cells>& row, std::uint64_t key) noexcept {
  return row.first < key;
}

bool before_word(const std::pair<std::uint64_t, QualityTable::RuleWord>& row, std::uint64_t key) noexcept {
  return row.first < key;
}

}  // namespace

void QualityTable::set(std::string_view provider, std::string_view model, core::TaskType task,
                       core::Complexity complexity, Cell cell) {
  const auto key = row_key(provider, model);
  auto row = std::lower_bound(rows_.begin(), rows_.end(), key, before);
  if (row == rows_.end() || row->first != key) row = rows_.insert(row, {key, {}});
  row->second[static_cast<std::size_t>(task)][static_cast<std::size_t>(complexity)] = cell;
}

const QualityTable::Cells* QualityTable::find(std::string_view provider,
                                              std::string_view model) const noexcept {
  for (const auto key : {row_key(provider, model), row_key({}, model)}) {
    const auto row = std::lower_bound(rows_.begin(), rows_.end(), key, before);
    if (row != rows_.end() && row->first == key) return &row->second;
  }
  return nullptr;
}

void QualityTable::set_rule(std::string_view rule, RuleWord word) {
  const std::pair<std::uint64_t, RuleWord> entry{XXH3_64bits(rule.data(), rule.size()), word};
  const auto place = std::lower_bound(rules_.begin(), rules_.end(), entry.first, before_word);
  if (place != rules_.end() && place->first == entry.first) {
    place->second = word;
  } else {
    rules_.insert(place, entry);
  }
}

double QualityTable::rule_confidence(std::string_view rule, double configured) const noexcept {
  const auto key = XXH3_64bits(rule.data(), rule.size());
  const auto found = std::lower_bound(rules_.begin(), rules_.end(), key, before_word);
  if (found == rules_.end() || found->first != key) return configured;
  const double good = found->second.good, weight = found->second.weight;
  return (configured * owners_word + good * weight) / (owners_word + weight);
}

}  // namespace codecrucible::router

#include "router/names.hpp"
#include "router/router.hpp"

#include <algorithm>

namespace codecrucible::router {
namespace {

std::uint64_t row_key(std::string_view provider, std::string_view model) noexcept {
  return loose_hash(model, loose_hash(provider));
}

bool before(const std::pair<std::uint64_t, QualityTable::Cells>& row, std::uint64_t key) noexcept {
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

}  // namespace codecrucible::router

#include "cache/turns.hpp"

#include <utility>
#include <vector>

namespace codecrucible::cache {
namespace {

constexpr std::size_t overhead = 512;  // of one turn: nodes, headers, what the allocator adds

std::size_t size_of(const Turn& turn) {
  return turn.id.size() + turn.owner.size() + turn.input.size() + turn.response.size() + overhead;
}

}  // namespace

// One after the other: a long conversation must not be freed by as many nested calls.
Turn::~Turn() {
  if (!before) return;
  thread_local std::vector<TurnPtr>* waiting = nullptr;
  if (waiting != nullptr) {
    waiting->push_back(std::move(before));
    return;
  }
  std::vector<TurnPtr> mine;
  waiting = &mine;
  mine.push_back(std::move(before));
  while (!mine.empty()) {
    const TurnPtr next = std::move(mine.back());
    mine.pop_back();
  }
  waiting = nullptr;
}

TurnPtr Turns::keep(Turn turn, const TurnSettings& limits, core::Time now) {
  const std::size_t size = size_of(turn);
  if (size > limits.bytes || limits.count == 0) return nullptr;
  turn.input.shrink_to_fit();
  turn.response.shrink_to_fit();
  auto* const made = new Turn(std::move(turn));
  *bytes_ += size;
  TurnPtr kept(made, [bytes = bytes_, size](const Turn* old) {
    delete old;
    *bytes -= size;
  });
  {
    const std::scoped_lock lock(mutex_);
    if (at_.contains(kept->id)) return nullptr;
    entries_.push_back({kept, core::Deadline::in(now, limits.ttl).at});
    at_.emplace(kept->id, std::prev(entries_.end()));
  }
  // What a later turn needs stays in memory when its entry goes, so this may have to go on for a while.
  while (true) {
    Entries gone;
    const std::scoped_lock lock(mutex_);
    if (entries_.empty()) break;
    const bool many = entries_.size() > limits.count || *bytes_ > limits.bytes;
    if (!many && entries_.front().expires > now) break;
    take_out(entries_.begin(), gone);
  }
  return kept;
}

TurnPtr Turns::find(std::string_view id, std::string_view owner, core::Time now) {
  const std::scoped_lock lock(mutex_);
  const auto found = entry_of(id, owner, now);
  return found == entries_.end() ? nullptr : found->turn;
}

bool Turns::forget(std::string_view id, std::string_view owner, core::Time now) {
  Entries gone;
  const std::scoped_lock lock(mutex_);
  const auto found = entry_of(id, owner, now);
  if (found == entries_.end()) return false;
  take_out(found, gone);
  return true;
}

std::size_t Turns::count() {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

Turns::Entries::iterator Turns::entry_of(std::string_view id, std::string_view owner, core::Time now) {
  const auto found = at_.find(id);
  if (found == at_.end()) return entries_.end();
  const Entry& entry = *found->second;
  return entry.expires > now && entry.turn->owner == owner ? found->second : entries_.end();
}

void Turns::take_out(Entries::iterator entry, Entries& gone) {
  at_.erase(entry->turn->id);
  gone.splice(gone.end(), entries_, entry);
}

}  // namespace codecrucible::cache

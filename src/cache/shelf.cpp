#include "cache/shelf.hpp"

#include <algorithm>

namespace codecrucible::cache {
namespace {

constexpr std::size_t small_share = 10;  // percent, as in the paper
constexpr std::uint8_t most_uses = 3;

}  // namespace

AnswerPtr Shelf::find(const Key& key) {
  const auto found = at_.find(key);
  if (found == at_.end()) return nullptr;
  auto& entry = *found->second;
  if (entry.uses < most_uses) ++entry.uses;
  return entry.answer;
}

bool Shelf::put(const Key& key, AnswerPtr answer, std::vector<Key>* gone) {
  Entry entry{key, std::move(answer), 0, 0, false};
  entry.bytes = entry.answer->bytes();
  if (entry.bytes > limit_ / 4) return false;
  if (const auto known = at_.find(key); known != at_.end()) {
    entry.uses = known->second->uses;
    entry.in_main = known->second->in_main;
    take_out(known->second);
  } else if (const auto ghost = ghost_at_.find(key); ghost != ghost_at_.end()) {
    ghosts_.erase(ghost->second);
    ghost_at_.erase(ghost);
    entry.in_main = true;
  }
  auto& queue = entry.in_main ? main_ : small_;
  (entry.in_main ? main_bytes_ : small_bytes_) += entry.bytes;
  at_[key] = queue.insert(queue.end(), std::move(entry));
  make_room(gone);
  return true;
}

bool Shelf::erase(const Key& key) {
  const auto found = at_.find(key);
  if (found == at_.end()) return false;
  take_out(found->second);
  return true;
}

std::vector<Key> Shelf::erase_if(const std::function<bool(const Answer&)>& claim) {
  std::vector<Key> keys;
  for (auto* const queue : {&small_, &main_}) {
    for (auto entry = queue->begin(); entry != queue->end();) {
      const auto next = std::next(entry);
      if (claim(*entry->answer)) {
        keys.push_back(entry->key);
        take_out(entry);
      }
      entry = next;
    }
  }
  return keys;
}

void Shelf::limit(std::size_t bytes, std::vector<Key>* gone) {
  limit_ = bytes;
  make_room(gone);
}

void Shelf::make_room(std::vector<Key>* gone) {
  while (bytes() > limit_ && !at_.empty()) {
    if (small_bytes_ > limit_ * small_share / 100 || main_.empty()) {
      evict_small(gone);
    } else {
      evict_main(gone);
    }
  }
}

void Shelf::evict_small(std::vector<Key>* gone) {
  if (small_.empty()) return evict_main(gone);
  const auto oldest = small_.begin();
  if (oldest->uses > 0) {
    small_bytes_ -= oldest->bytes;
    main_bytes_ += oldest->bytes;
    oldest->uses = 0;
    oldest->in_main = true;
    main_.splice(main_.end(), small_, oldest);
    return;
  }
  remember(oldest->key);
  if (gone != nullptr) gone->push_back(oldest->key);
  take_out(oldest);
}

void Shelf::evict_main(std::vector<Key>* gone) {
  const auto oldest = main_.begin();
  if (oldest->uses > 0) {
    --oldest->uses;
    main_.splice(main_.end(), main_, oldest);
    return;
  }
  if (gone != nullptr) gone->push_back(oldest->key);
  take_out(oldest);
}

void Shelf::take_out(Queue::iterator entry) {
  (entry->in_main ? main_bytes_ : small_bytes_) -= entry->bytes;
  at_.erase(entry->key);
  (entry->in_main ? main_ : small_).erase(entry);
}

// As many as there are answers on the shelf.
void Shelf::remember(const Key& key) {
  ghost_at_[key] = ghosts_.insert(ghosts_.end(), key);
  while (ghosts_.size() > std::max<std::size_t>(at_.size(), 16)) {
    ghost_at_.erase(ghosts_.front());
    ghosts_.pop_front();
  }
}

}  // namespace codecrucible::cache

#include "gateway/judge_memory.hpp"

namespace codecrucible::gateway {

std::optional<classifier::Judgement> JudgeMemory::find(std::uint64_t key) {
  auto& shard = shard_of(key);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.at.find(key);
  if (found == shard.at.end()) return std::nullopt;
  shard.recent.splice(shard.recent.begin(), shard.recent, found->second);
  return found->second->judgement;
}

void JudgeMemory::keep(std::uint64_t key, const classifier::Judgement& judgement, std::size_t capacity) {
  const std::size_t here = (capacity + shards - 1) / shards;
  auto& shard = shard_of(key);
  const std::scoped_lock lock(shard.mutex);
  if (const auto found = shard.at.find(key); found != shard.at.end()) {
    found->second->judgement = judgement;
    shard.recent.splice(shard.recent.begin(), shard.recent, found->second);
    return;
  }
  while (!shard.recent.empty() && shard.recent.size() >= here) {
    shard.at.erase(shard.recent.back().key);
    shard.recent.pop_back();
  }
  if (here == 0) return;
  shard.recent.push_front({key, judgement});
  shard.at[key] = shard.recent.begin();
}

std::size_t JudgeMemory::size() const {
  std::size_t all = 0;
  for (const auto& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    all += shard.recent.size();
  }
  return all;
}

}  // namespace codecrucible::gateway

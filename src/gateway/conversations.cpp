#include "gateway/conversations.hpp"

namespace codecrucible::gateway {

std::optional<Conversations::Place> Conversations::last(std::uint64_t conversation) {
  if (conversation == 0) return std::nullopt;
  auto& shard = shard_of(conversation);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.at.find(conversation);
  if (found == shard.at.end()) return std::nullopt;
  shard.recent.splice(shard.recent.begin(), shard.recent, found->second);
  return found->second->place;
}

void Conversations::answered(std::uint64_t conversation, std::string_view provider, std::string_view model) {
  if (conversation == 0) return;
  auto& shard = shard_of(conversation);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.at.find(conversation);
  if (found != shard.at.end()) {
    found->second->place.provider = provider;
    found->second->place.model = model;
    shard.recent.splice(shard.recent.begin(), shard.recent, found->second);
    return;
  }
  if (shard.at.size() >= per_shard_) {
    shard.at.erase(shard.recent.back().key);
    shard.recent.pop_back();
  }
  shard.recent.push_front({conversation, {std::string(provider), std::string(model)}});
  shard.at[conversation] = shard.recent.begin();
}

}  // namespace codecrucible::gateway

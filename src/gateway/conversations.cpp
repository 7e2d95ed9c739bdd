#include "gateway/conversations.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t first_slots = 64;

// Keys are hashes already; the upper bits chose the shard.
std::size_t slot_of(std::uint64_t key, std::size_t slots) noexcept {
  return static_cast<std::size_t>(key) & (slots - 1);
}

}  // namespace

std::uint32_t Conversations::Shard::find(std::uint64_t key) const {
  if (slots.empty()) return none;
  std::uint32_t at = slots[slot_of(key, slots.size())];
  while (at != none && entries[at].key != key) at = entries[at].next;
  return at;
}

std::uint32_t Conversations::Shard::place_of(std::string_view provider, std::string_view model) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].provider == provider && places[i].model == model) return static_cast<std::uint32_t>(i);
  }
  places.push_back({std::string(provider), std::string(model)});
  return static_cast<std::uint32_t>(places.size() - 1);
}

void Conversations::Shard::unlink(std::uint32_t at) {
  const Entry& entry = entries[at];
  (entry.newer == none ? newest : entries[entry.newer].older) = entry.older;
  (entry.older == none ? oldest : entries[entry.older].newer) = entry.newer;
}

void Conversations::Shard::link_newest(std::uint32_t at) {
  entries[at].newer = none;
  entries[at].older = newest;
  (newest == none ? oldest : entries[newest].newer) = at;
  newest = at;
}

void Conversations::Shard::chain(std::uint32_t at) {
  std::uint32_t& head = slots[slot_of(entries[at].key, slots.size())];
  entries[at].next = head;
  head = at;
}

void Conversations::Shard::unchain(std::uint32_t at) {
  std::uint32_t* link = &slots[slot_of(entries[at].key, slots.size())];
  while (*link != at) link = &entries[*link].next;
  *link = entries[at].next;
}

void Conversations::Shard::grow() {
  slots.assign(std::max(first_slots, slots.size() * 2), none);
  for (std::uint32_t at = 0; at < entries.size(); ++at) chain(at);
}

std::optional<Conversations::Place> Conversations::last(std::uint64_t conversation) {
  if (conversation == 0) return std::nullopt;
  auto& shard = shard_of(conversation);
  const std::scoped_lock lock(shard.mutex);
  const auto at = shard.find(conversation);
  if (at == none) return std::nullopt;
  shard.unlink(at);
  shard.link_newest(at);
  return shard.places[shard.entries[at].place];
}

void Conversations::answered(std::uint64_t conversation, std::string_view provider, std::string_view model) {
  if (conversation == 0) return;
  auto& shard = shard_of(conversation);
  const std::scoped_lock lock(shard.mutex);
  const auto place = shard.place_of(provider, model);
  auto at = shard.find(conversation);
  if (at != none) {
    shard.unlink(at);
  } else if (shard.entries.size() < per_shard_) {
    at = static_cast<std::uint32_t>(shard.entries.size());
    shard.entries.push_back({conversation, place, none, none, none});
    if (shard.entries.size() > shard.slots.size()) {
      shard.grow();
    } else {
      shard.chain(at);
    }
  } else {
    at = shard.oldest;
    shard.unlink(at);
    shard.unchain(at);
    shard.entries[at].key = conversation;
    shard.chain(at);
  }
  shard.entries[at].place = place;
  shard.link_newest(at);
}

}  // namespace codecrucible::gateway

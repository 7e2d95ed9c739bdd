#include "cache/exact.hpp"

#include "cache/spill.hpp"

#include <algorithm>

namespace codecrucible::cache {
namespace {

constexpr std::size_t smallest_shard = 4 * 1024 * 1024;
// Of a generation that several listen to, unread by the slowest.
constexpr std::size_t flight_room = 1024 * 1024;

}  // namespace

bool is_chosen(const Answer& answer, const Choice& choice) noexcept {
  const auto& origin = answer.origin;
  if (!choice.tenant.empty() && choice.tenant != origin.tenant) return false;
  if (choice.model.empty() || choice.model == origin.asked || choice.model == origin.model) return true;
  const auto slash = choice.model.find('/');
  return slash != std::string_view::npos && choice.model.substr(0, slash) == origin.provider &&
         choice.model.substr(slash + 1) == origin.model;
}

std::string_view name(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::failed:
      return "failed";
    case Refusal::shortened:
      return "shortened";
    case Refusal::filtered:
      return "filtered";
    case Refusal::too_large:
      return "too_large";
    case Refusal::doubted:
      return "doubted";
    case Refusal::unwanted:
      break;
  }
  return "unwanted";
}

bool may_repeat(const core::ChatRequest& request, const ExactSettings& settings) noexcept {
  if (!settings.only_deterministic) return true;
  const auto& sampling = request.sampling;
  return sampling.seed || (sampling.temperature && *sampling.temperature <= settings.max_temperature);
}

Exact::Exact(const ExactSettings& settings) {
  in_use_ = std::clamp<std::size_t>(settings.bytes / smallest_shard, 1, shards);
  apply(settings);
}

Exact::~Exact() = default;

void Exact::apply(const ExactSettings& settings) {
  limit_ = settings.enabled ? settings.bytes : 0;
  for (std::size_t i = 0; i < in_use_; ++i) {
    std::vector<Key> gone;
    {
      const std::scoped_lock lock(shards_[i].mutex);
      shards_[i].shelf.limit(limit_ / in_use_, &gone);
    }
    if (spill_) spill_->drop(gone);
  }
}

Exact::Found Exact::look_up(const Key& key, const Wish& wish, Clock::time_point now, const Flight* stale) {
  auto& shard = shard_of(key);
  Found found;
  const std::scoped_lock lock(shard.mutex);
  if (wish.read) {
    auto answer = shard.shelf.find(key);
    if (answer && !answer->good_at(now)) {
      shard.shelf.erase(key);
      expired_.fetch_add(1, std::memory_order_relaxed);
      answer.reset();
    }
    if (answer && (!wish.max_age || now - answer->made <= *wish.max_age)) {
      found.answer = std::move(answer);
      return found;
    }
  }
  if (!wish.share) return found;
  auto& place = shard.flights[key];
  found.lead = place == nullptr || place.get() == stale;
  if (found.lead) place = std::make_shared<Flight>(flight_room);
  found.flight = place;
  return found;
}

// With the shard's lock held.
bool Exact::put(Shard& shard, const Key& key, AnswerPtr answer) {
  if (answer->ttl <= std::chrono::milliseconds::zero()) {
    refused(Refusal::unwanted);
    return false;
  }
  std::vector<Key> gone;
  const bool kept = shard.shelf.put(key, answer, &gone);
  if (!kept) refused(Refusal::too_large);
  evicted_.fetch_add(gone.size(), std::memory_order_relaxed);
  if (spill_) {
    if (kept) spill_->keep(key, std::move(answer));
    spill_->drop(gone);
  }
  return kept;
}

bool Exact::keep(const Key& key, AnswerPtr answer) {
  auto& shard = shard_of(key);
  const std::scoped_lock lock(shard.mutex);
  return put(shard, key, std::move(answer));
}

bool Exact::conclude(const Key& key, const std::shared_ptr<Flight>& flight, AnswerPtr answer) {
  auto& shard = shard_of(key);
  const std::scoped_lock lock(shard.mutex);
  const auto known = shard.flights.find(key);
  if (known != shard.flights.end() && known->second == flight) shard.flights.erase(known);
  return answer && put(shard, key, std::move(answer));
}

std::size_t Exact::clear(const Choice& choice) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < in_use_; ++i) {
    std::vector<Key> gone;
    {
      const std::scoped_lock lock(shards_[i].mutex);
      gone = shards_[i].shelf.erase_if([&](const Answer& answer) { return is_chosen(answer, choice); });
    }
    count += gone.size();
    if (spill_) spill_->drop(gone);
  }
  return count;
}

Holdings Exact::holdings() const {
  Holdings all;
  for (std::size_t i = 0; i < in_use_; ++i) {
    const std::scoped_lock lock(shards_[i].mutex);
    all.answers += shards_[i].shelf.count();
    all.bytes += shards_[i].shelf.bytes();
    all.flights += shards_[i].flights.size();
  }
  all.limit = limit_;
  all.evicted = evicted_;
  all.expired = expired_;
  for (std::size_t i = 0; i < refusal_count; ++i) all.refused[i] = refused_[i];
  return all;
}

void Exact::attach(std::unique_ptr<Spill> spill) {
  const auto now = Clock::now();
  std::vector<Key> gone;
  spill->remembered([&](const Key& key, AnswerPtr answer) {
    if (!answer->good_at(now)) return gone.push_back(key);
    auto& shard = shard_of(key);
    const std::scoped_lock lock(shard.mutex);
    if (!shard.shelf.put(key, std::move(answer), &gone)) gone.push_back(key);
  });
  spill->drop(gone);
  spill_ = std::move(spill);
}

}  // namespace codecrucible::cache

#pragma once

#include "classifier/classify.hpp"
#include "confidence/model.hpp"
#include "config/settings.hpp"
#include "gateway/cache_scope.hpp"
#include "gateway/door.hpp"
#include "gateway/offset_book.hpp"
#include "learning/release.hpp"
#include "router/router.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// Everything that decides about a request, published together. A request takes one at its start and keeps it.
struct Snapshot {
  config::Settings settings;
  router::Policy policy;
  classifier::Layers layers;
  std::shared_ptr<const confidence::Model> judge;  // of answers; never null
  std::vector<std::string> virtual_models;         // "auto", …, and aliases without '*'
  CacheScope cache_scope;
  std::shared_ptr<const KeyRing> keys;  // never null
  std::uint64_t version = 0;

  // What was learned is in `policy`; while something newer is being released, a share of the requests is
  // decided by `candidate`.
  router::Policy candidate;
  std::shared_ptr<const learning::Release> release;  // null: none under way
  std::uint64_t policy_version = 0;                  // 0 = the rules alone
  std::uint64_t candidate_version = 0;
  std::shared_ptr<const OffsetTable> offsets;  // of the judge, by model; null: nothing learned
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Where the current snapshot is. Publishing is rare and may come from any thread.
class SnapshotStore {
 public:
  void publish(SnapshotPtr snapshot) {
    const std::scoped_lock lock(mutex_);
    current_ = std::move(snapshot);
    edition_.fetch_add(1, std::memory_order_release);
  }
  // A copy of the current snapshot with something changed.
  template <class Change>
  void change(const Change& change) {
    const std::scoped_lock lock(mutex_);
    auto next = std::make_shared<Snapshot>(*current_);
    change(*next);
    current_ = std::move(next);
    edition_.fetch_add(1, std::memory_order_release);
  }
  SnapshotPtr current() const {
    const std::scoped_lock lock(mutex_);
    return current_;
  }
  std::uint64_t edition() const noexcept { return edition_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  SnapshotPtr current_;
  std::atomic<std::uint64_t> edition_{0};
};

// A worker's own copy of the pointer: looking at it costs one atomic load, the lock is taken only after a
// change.
class SnapshotView {
 public:
  explicit SnapshotView(const SnapshotStore& store) : store_(store) {}
  const SnapshotPtr& current() {
    const auto edition = store_.edition();
    if (edition != edition_) {
      current_ = store_.current();
      edition_ = edition;
    }
    return current_;
  }

 private:
  const SnapshotStore& store_;
  SnapshotPtr current_;
  std::uint64_t edition_ = 0;
};

}  // namespace codecrucible::gateway

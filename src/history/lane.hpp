#pragma once

#include "history/record.hpp"

#include <boost/lockfree/spsc_queue.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace codecrucible::history {

// The way of records from one worker to the writer: a ring for one producer and one consumer, so that nobody
// waits for anybody and no lock is taken; a second ring brings written records back, whose strings and
// vectors have their memory already. Full = the record is dropped and counted.
class Lane {
 public:
  // `wake` is called on the worker when a quarter of the ring has filled since the last call; it must not
  // block.
  Lane(std::size_t capacity, std::function<void()> wake)
      : full_(capacity),
        spare_(spares),
        wake_every_(std::max<std::size_t>(capacity / 4, 1)),
        wake_(std::move(wake)) {}
  ~Lane() {
    Record* record = nullptr;
    while (full_.pop(record)) delete record;
    while (spare_.pop(record)) delete record;
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // The worker's side. A record to fill: empty, perhaps used before.
  std::unique_ptr<Record> blank() {
    Record* used = nullptr;
    if (spare_.pop(used)) return std::unique_ptr<Record>(used);
    return std::make_unique<Record>();
  }
  // False = dropped.
  bool hand_over(std::unique_ptr<Record> record) {
    const std::size_t content = record->prompt.size() + record->answer.size();
    if (content > 0 && content_.load(std::memory_order_relaxed) + content > most_content) {
      record->prompt = {};
      record->answer = {};
      record->content_cut = true;
    } else if (content > 0) {
      content_.fetch_add(content, std::memory_order_relaxed);
    }
    Record* const raw = record.release();
    if (!full_.push(raw)) {
      record.reset(raw);
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    if (++handed_ % wake_every_ == 0) wake_();
    return true;
  }

  // The writer's side.
  std::unique_ptr<Record> take() {
    Record* record = nullptr;
    if (!full_.pop(record)) return nullptr;
    const std::size_t content = record->prompt.size() + record->answer.size();
    if (content > 0) content_.fetch_sub(content, std::memory_order_relaxed);
    return std::unique_ptr<Record>(record);
  }
  void give_back(std::unique_ptr<Record> record) {
    record->clear();
    Record* const given = record.release();
    if (!spare_.push(given)) record.reset(given);
  }
  std::size_t waiting() const { return full_.read_available(); }
  std::size_t wake_at() const noexcept { return wake_every_; }

  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t spares = 256;
  static constexpr std::size_t most_content = 32UL * 1024 * 1024;  // bytes of text that may wait

  boost::lockfree::spsc_queue<Record*> full_;
  boost::lockfree::spsc_queue<Record*> spare_;
  std::size_t wake_every_;
  std::size_t handed_ = 0;
  std::function<void()> wake_;
  std::atomic<std::size_t> content_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace codecrucible::history

#pragma once

#include "telemetry/metrics.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <span>
#include <vector>

namespace codecrucible::telemetry {

// Bounds in seconds, as OpenTelemetry's GenAI conventions give them, with a longer tail: local models load
// for minutes.
inline constexpr double first_token_bounds[] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5,
                                                0.75,  1,     2.5,  5,    7.5,  10,   30,   60,  120,  300};
inline constexpr double duration_bounds[] = {0.01, 0.02,  0.04,  0.08,  0.16,  0.32,   0.64,   1.28,  2.56,
                                             5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68, 655.36};
inline constexpr double overhead_bounds[] = {10e-6, 20e-6,  40e-6, 80e-6, 150e-6, 300e-6, 600e-6,
                                             1e-3,  2.5e-3, 5e-3,  10e-3, 50e-3,  100e-3};
inline constexpr double queue_bounds[] = {0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300};
inline constexpr double confidence_bounds[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1};

inline constexpr double error_bounds[] = {0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2, 5};

// A number that one thread writes and another may read any time. `shared`: several threads write it.
class Cell {
 public:
  void add(std::uint64_t amount, bool shared) noexcept {
    if (shared) {
      value_.fetch_add(amount, std::memory_order_relaxed);
    } else {  // no lock prefix: nobody else writes
      value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Observations by size. The sum is kept in billionths of the unit.
template <std::size_t N>
class Buckets {
 public:
  void observe(double value, const double (&bounds)[N], bool shared) noexcept {
    std::size_t at = 0;
    while (at < N && value > bounds[at]) ++at;
    cells_[at].add(1, shared);
    sum_.add(static_cast<std::uint64_t>(value * 1e9), shared);
  }
  std::uint64_t in(std::size_t bucket) const noexcept { return cells_[bucket].value(); }
  double sum() const noexcept { return static_cast<double>(sum_.value()) * 1e-9; }

 private:
  std::array<Cell, N + 1> cells_;
  Cell sum_;
};

// What is counted per provider × model.
struct alignas(64) SeriesCells {
  SeriesCells(std::size_t tasks, std::size_t outcomes) : requests(tasks * outcomes), attempts(outcomes) {}
  std::vector<Cell> requests;  // task × outcome
  std::vector<Cell> attempts;  // outcome
  Cell prompt_tokens, completion_tokens;
  Buckets<std::size(first_token_bounds)> first_token;
  Buckets<std::size(duration_bounds)> duration;
};

// What is counted per surface.
struct SurfaceCells {
  explicit SurfaceCells(std::size_t outcomes) : requests(outcomes) {}
  std::vector<Cell> requests;  // outcome
  Buckets<std::size(overhead_bounds)> overhead;
};

// What is counted per kind of task.
struct TaskCells {
  Buckets<std::size(first_token_bounds)> first_token;
  Buckets<std::size(duration_bounds)> duration;
};

// The cells of one worker (or, shared, of all other threads), on cache lines of their own.
class alignas(64) Cells : public Recorder {
 public:
  Cells(const Dimensions& dimensions, std::size_t series, bool shared);
  ~Cells() override;
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  void finished(const Finished& request) noexcept override;
  void attempt(Series series, std::size_t outcome) noexcept override;
  void count(Count what, std::uint64_t times) noexcept override;
  void predicted(double error) noexcept override;
  void add(Gauge what, std::int64_t change) noexcept override;

  // For the reader; null if this worker never met the series.
  const SeriesCells* series(std::size_t index) const noexcept {
    return series_[index].load(std::memory_order_acquire);
  }
  const SurfaceCells& surface(std::size_t index) const noexcept { return surfaces_[index]; }
  const TaskCells& task(std::size_t index) const noexcept { return task_times_[index]; }
  std::uint64_t counted(Count what) const noexcept { return counts_[static_cast<std::size_t>(what)].value(); }
  std::int64_t level(Gauge what) const noexcept {
    return static_cast<std::int64_t>(gauges_[static_cast<std::size_t>(what)].value());
  }
  const auto& queued() const noexcept { return queued_; }
  const auto& prediction_error() const noexcept { return prediction_error_; }
  const auto& confidence() const noexcept { return confidence_; }
  const auto& held() const noexcept { return held_; }

 private:
  SeriesCells* cells_of(Series series) noexcept;

  bool shared_;
  std::size_t tasks_, outcomes_;
  std::deque<SurfaceCells> surfaces_;  // cells do not move
  std::deque<TaskCells> task_times_;
  std::vector<std::atomic<SeriesCells*>> series_;
  std::array<Cell, count_kinds> counts_;
  std::array<Cell, 3> gauges_;  // two's complement: wraps below zero and back
  Buckets<std::size(queue_bounds)> queued_;
  Buckets<std::size(confidence_bounds)> confidence_;
  Buckets<std::size(error_bounds)> prediction_error_;
  Buckets<std::size(first_token_bounds)> held_;
};

}  // namespace codecrucible::telemetry

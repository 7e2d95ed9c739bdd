#include "telemetry/cells.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace codecrucible::telemetry {
namespace {

double seconds(std::chrono::nanoseconds span) noexcept {
  return std::max(0.0, std::chrono::duration<double>(span).count());
}

}  // namespace

Cells::Cells(const Dimensions& dimensions, std::size_t series, bool shared)
    : shared_(shared),
      tasks_(std::max<std::size_t>(dimensions.tasks.size(), 1)),
      outcomes_(std::max<std::size_t>(dimensions.outcomes.size(), 1)),
      series_(series) {
  const std::size_t surfaces = std::max<std::size_t>(dimensions.surfaces.size(), 1);
  for (std::size_t i = 0; i < surfaces; ++i) surfaces_.emplace_back(outcomes_);
  for (std::size_t i = 0; i < tasks_; ++i) task_times_.emplace_back();
}

Cells::~Cells() {
  for (auto& cells : series_) delete cells.load(std::memory_order_relaxed);
}

SeriesCells* Cells::cells_of(Series series) noexcept {
  auto& slot = series_[series < series_.size() ? series : 0];
  SeriesCells* known = slot.load(std::memory_order_acquire);
  if (known) return known;
  try {
    auto fresh = std::make_unique<SeriesCells>(tasks_, outcomes_);
    // Among several threads (shared cells) the first one wins.
    if (slot.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) return fresh.release();
    return known;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void Cells::finished(const Finished& request) noexcept {
  const std::size_t outcome = std::min(request.outcome, outcomes_ - 1);
  const std::size_t task = std::min(request.task, tasks_ - 1);
  SurfaceCells& surface = surfaces_[std::min(request.surface, surfaces_.size() - 1)];
  surface.requests[outcome].add(1, shared_);
  surface.overhead.observe(seconds(request.overhead), overhead_bounds, shared_);
  if (request.queued.count() > 0) queued_.observe(seconds(request.queued), queue_bounds, shared_);
  if (request.confidence >= 0) confidence_.observe(request.confidence, confidence_bounds, shared_);
  if (request.held.count() > 0) held_.observe(seconds(request.held), first_token_bounds, shared_);
  TaskCells& times = task_times_[task];
  times.duration.observe(seconds(request.duration), duration_bounds, shared_);
  if (request.first_token.count() > 0)
    times.first_token.observe(seconds(request.first_token), first_token_bounds, shared_);
  SeriesCells* const cells = cells_of(request.series);
  if (!cells) return;
  cells->requests[task * outcomes_ + outcome].add(1, shared_);
  cells->duration.observe(seconds(request.duration), duration_bounds, shared_);
  if (request.first_token.count() > 0)
    cells->first_token.observe(seconds(request.first_token), first_token_bounds, shared_);
  cells->prompt_tokens.add(request.prompt_tokens, shared_);
  cells->completion_tokens.add(request.completion_tokens, shared_);
}

void Cells::attempt(Series series, std::size_t outcome) noexcept {
  if (SeriesCells* const cells = cells_of(series))
    cells->attempts[std::min(outcome, outcomes_ - 1)].add(1, shared_);
}

void Cells::count(Count what, std::uint64_t times) noexcept {
  counts_[static_cast<std::size_t>(what)].add(times, shared_);
}

void Cells::predicted(double error) noexcept {
  prediction_error_.observe(std::max(0.0, error), error_bounds, shared_);
}

void Cells::add(Gauge what, std::int64_t change) noexcept {
  gauges_[static_cast<std::size_t>(what)].add(static_cast<std::uint64_t>(change), shared_);
}

}  // namespace codecrucible::telemetry

#pragma once

#include "core/clock.hpp"
#include "core/fleet_view.hpp"
#include "core/result.hpp"
#include "fleet/ask.hpp"
#include "fleet/learned.hpp"
#include "fleet/settings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::fleet {

struct State;

// A model as a probe found it; the same fields as providers::Listed.
struct Found {
  std::string id;
  core::Capabilities can;
  std::optional<std::int64_t> window, max_window, size_bytes, vram_bytes;
  std::optional<double> parameters_billion;
  bool resident = false;
  std::optional<int> slots;
  std::optional<std::int64_t> expires_in_seconds;
};

struct Listing {
  std::string version;
  std::vector<Found> models;
  std::optional<std::int64_t> vram_total, vram_free;  // only if the caller can know (local host)
};

// Who may run where, and what is known of every backend: a deterministic state machine without sockets, clock
// or threads. Not thread-safe: the owner wraps each call in one short lock, and after any call that takes
// `now` asks take_called() whom to wake. Time must not run backwards.
//
// The way of a request: ask → Lease (or Waiting, later called) → [load_finished] → progress → finished.
class Fleet {
 public:
  explicit Fleet(Settings settings, core::Time now = {});
  ~Fleet();
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;

  // New settings, hosts added and removed live; what was learned is kept by host name (and kind and url).
  // A removed host's running leases stay valid until finished; waiting requests move on or are refused.
  void apply(Settings settings, core::Time now);
  const Settings& settings() const noexcept;
  void drain(std::string_view host, bool on, core::Time now);

  // Names of hosts to probe now; each is counted as under way until a result comes or its timeout passed.
  std::vector<std::string> due(core::Time now);
  // `started` = when the probe was sent: what changed since then is not overwritten by its older picture.
  void probed(std::string_view host, const Listing& listing, core::Time started, core::Time now);
  void probe_failed(std::string_view host, const core::Failure& failure, core::Time now);
  // Probe this host at the next chance (a request found something odd).
  void suspect(std::string_view host, core::Time now);

  // Current picture, rebuilt only if something changed; running and queued may lag by view_max_age unless
  // `exact`.
  core::FleetViewPtr view(core::Time now, bool exact = false);
  // Rises with every change of the picture other than running and queued counts.
  std::uint64_t version() const noexcept;

  Answer ask(Ask ask, core::Time now);
  // Leaves the queue; false if it was not there (already called: then finish the lease).
  bool cancel(TicketId ticket, core::Time now);
  // Requests before it; none if it is not waiting.
  std::optional<std::size_t> position(TicketId ticket, core::Time now) const;
  // Tickets that were called since the last time, in order.
  std::vector<Called> take_called();

  // End of an explicit load. With ok = false the lease is not ended: call finished with the cause too.
  void load_finished(std::string_view host, std::string_view model, bool ok, core::Duration took,
                     core::Time now);
  // First token of the answer came: the model is in memory.
  void progress(LeaseId lease, core::Time now);
  // Ends the lease, exactly once; unknown ids are ignored. Feeds breakers, speeds, slots, calibration. Gives
  // |foreseen - actual| / actual of the time it took, the length of the answer known; none if it failed or
  // nothing had been measured when it began.
  std::optional<double> finished(LeaseId lease, const Outcome& outcome, core::Time now);

  // Deadlines, grace periods, dwell, back-offs. Call at next_wake() or every 100 ms or so.
  void tick(core::Time now);
  core::Time next_wake(core::Time now) const;

  // Foreseen times if asked now; none if the pair is unknown.
  std::optional<Expected> expected(const Pair& pair, std::int64_t prompt_tokens, std::int64_t output_tokens,
                                   core::Time now) const;
  // Why the request does not fit the window (context_length); none if it fits or the window is unknown.
  // `prompt_tokens` is an estimate by core::estimate_tokens and is calibrated here.
  std::optional<core::Failure> misfit(const Pair& pair, std::int64_t prompt_tokens,
                                      std::optional<std::int64_t> max_tokens) const;
  std::int64_t calibrated(const Pair& pair, std::int64_t estimated_tokens) const;
  // Settings of this model: the model's own over its host's defaults; `id` is the backend's spelling.
  ModelSettings model_settings(const Pair& pair) const;
  // Limits of that host: its own, else those of all.
  const TimeoutSettings& timeouts(std::string_view host) const noexcept;
  // Models that shall be in memory on this host but are not.
  std::vector<std::string> missing_at_start(std::string_view host) const;
  // How long the first token may take now: longer while a load is known to run.
  core::Duration first_token_limit(const Pair& pair) const;

  // Closes the breaker of the pair, or with an empty model of the host and all its models.
  void reset_breaker(std::string_view host, std::string_view model, core::Time now);

  std::vector<Learned> learned() const;
  void restore(const std::vector<Learned>& learned);

  // What happened since the last time, for counters.
  struct Events {
    std::uint64_t breakers_opened = 0, breakers_closed = 0;
    std::uint64_t swaps_avoided = 0;  // times that a load had to wait for a model that generates
  };
  Events take_events();

  // For metrics and tests: all must be zero when nothing is under way.
  struct Counts {
    std::size_t leases = 0, waiting = 0, cooling = 0, loading = 0;
  };
  Counts counts() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace codecrucible::fleet

#pragma once

#include "fleet/breaker.hpp"
#include "fleet/fleet.hpp"
#include "fleet/slots.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace codecrucible::fleet {

struct Host;

// What differs between kinds of server in how they keep models in memory (lmstudio.md §5, ollama.md §7).
struct Habits {
  bool loads_models = false;  // holds several, loads and evicts; else what is listed is in memory
  bool waits_for_idle =
      false;                  // evicts the least recently used and only when idle; else any, even a busy one
  bool learns_limit = false;  // models seen in memory together show that they fit together
  int slots = 1;              // generations at once per model, if nothing is known
};
Habits habits_of(core::ProviderKind kind, std::string_view version);

// Requests that were counted against a breaker lately, by their fingerprint.
class Blamed {
 public:
  // True if this one was not counted within `window` before now; from now on it is. 0 is always new.
  bool count(std::uint64_t fingerprint, core::Time now, core::Duration window);

 private:
  struct Entry {
    std::uint64_t fingerprint = 0;
    core::Time at{};
  };
  std::array<Entry, 32> entries_;
  std::size_t next_ = 0;
};

// One model on one host.
struct Place {
  Host* host = nullptr;
  std::string id;     // the backend's spelling
  std::string group;  // canonical public id: places of one group are replicas
  std::string public_id;
  Found found;
  ModelSettings wishes;
  bool listed = false;

  bool resident = false;
  core::Time residency_changed{};  // by what we saw, not by probes
  core::Time loaded_at{};
  core::Time last_used{};
  core::Time expires_at = core::Time::max();  // the server's own unloading of an idle model
  bool loading = false;
  core::Time loading_since{};
  core::Time loading_until = core::Time::max();  // given up then
  LeaseId loader = 0;                            // 0: its client left, the load goes on
  int failed_loads = 0;
  core::Time load_retry_at{};

  int running = 0;
  int queued = 0;                   // waiting requests that like this place best
  std::vector<core::Time> cooling;  // cancelled generations that may still run, until then
  bool yields = false;              // its turn is over: admits nothing until another model was loaded
  core::Time paused_until{};        // the server said "overloaded" or "loading"

  Breaker breaker;
  LeaseId trial = 0;
  Blamed blamed;
  Speeds speeds;
  double turns = 0;  // admitted, over the host's weight: among equals the one with the fewest is next
  SlotLearner learner;

  int busy() const noexcept { return running + static_cast<int>(cooling.size()); }
};

struct Host {
  HostSettings settings;
  Habits habits;
  std::string version;
  bool reachable = false;
  bool draining = false;
  bool removed = false;
  std::string trouble;
  core::Time down_since{};  // last time it was lost
  std::optional<std::int64_t> vram_total, vram_free;

  core::Time next_probe{};
  std::optional<core::Time> probing_since;
  int failed_probes = 0;
  core::Time last_probe{};
  core::Time last_sign_of_life{};
  bool connection_lost = false;  // since the last good probe a request was refused or reset

  std::map<std::string, std::unique_ptr<Place>, std::less<>> places;
  Breaker breaker;
  LeaseId trial = 0;
  Blamed blamed;
  int running = 0;
  int queued = 0;
  int seen_together = 1;  // models in memory at once
  core::Time turn_began{};
  int turn_count = 0;  // admitted to models in memory while another model waited
  bool other_waits = false;
  core::Time load_ended{};
  std::uint64_t evictions = 0;  // that our loads caused, as far as we can tell

  struct Client {
    std::uint64_t last_turn = 0;
    std::size_t waiting = 0;
  };
  std::map<std::string, Client, std::less<>> clients;
  std::uint64_t turn = 0;  // fair queueing: the turn last served

  int busy() const noexcept {
    int all = 0;
    for (const auto& [id, place] : places) all += place->busy();
    return all;
  }
  Place* loading() const noexcept {
    for (const auto& [id, place] : places) {
      if (place->loading) return place.get();
    }
    return nullptr;
  }
};

struct Ticket {
  TicketId id = 0;
  Ask ask;
  std::vector<Place*> places;  // replicas it may run on, best first; empty = waits for any to come back
  Host* home = nullptr;        // whose queue it counts in
  std::uint64_t turn = 0;
  core::Time since{};
  core::Time deadline = core::Time::max();
  core::Time patient_until{};  // until then it waits for the better replica
  bool tries = false;          // it goes to the first one to measure it anew
};

struct Running {
  Lease lease;
  Place* place = nullptr;
  std::int64_t prompt_tokens = 0;
  core::Time began{};
  int ran_with = 1;              // generations of this place when it began, itself included
  bool at_limit = false;         // took the last slot with others waiting
  bool answering = false;        // first token seen
  double seconds_per_token = 0;  // as foreseen
};

struct State {
  Settings settings;
  Jitter jitter{1};
  std::vector<std::unique_ptr<Host>> hosts;
  std::map<TicketId, Ticket> waiting;
  std::unordered_map<LeaseId, Running> running;
  std::vector<Called> called;
  Fleet::Events events;
  std::uint64_t last_id = 0;
  bool seats_changed = false;     // something came up or went down: waiting requests choose again
  std::vector<Learned> restored;  // not yet claimed by a place

  std::uint64_t version = 1;
  bool counts_changed = false;
  core::FleetViewPtr view;
  std::uint64_t view_version = 0;

  // topology.cpp
  Host* host(std::string_view name) const;
  Place* place(std::string_view host, std::string_view model) const;
  Place& make_place(Host& host, const std::string& id);
  void forget_removed();
  void configure(Place& place);
  void lost(Host& host, std::string trouble, core::Time now);

  // places.cpp: what is true of a place now
  int slots(const Place& place) const;
  std::optional<std::int64_t> window(const Place& place) const;
  std::int64_t calibrated(const Place& place, std::int64_t tokens) const;
  std::optional<core::Failure> misfit(const Place& place, std::int64_t prompt,
                                      std::optional<std::int64_t> max_tokens) const;
  bool usable(const Place& place, core::Time now) const;
  const TimeoutSettings& timeouts(const Host& host) const noexcept {
    return host.settings.timeouts ? *host.settings.timeouts : settings.timeouts;
  }
  // Lowest figure of the same model on other hosts.
  template <class Figure>
  std::optional<double> best_elsewhere(const Place& place, Figure figure) const;
  Expected expected(const Place& place, std::int64_t prompt, std::int64_t output, int ahead,
                    core::Time now) const;

  // swap.cpp: the guard
  int max_loaded(const Host& host) const;
  bool load_is_safe(const Place& place, core::Time now) const;
  void mark_turns(Host& host, core::Time now);
  void begin_load(Place& place, LeaseId loader, core::Time now);
  void end_load(Place& place, bool ok, core::Time now);
  void now_resident(Place& place, core::Time now);

  // admission.cpp
  enum class Chance { no, blocked, load, run };
  Chance chance(const Place& place, const Ticket& ticket, core::Time now) const;
  bool comes_before(const Ticket& a, const Ticket& b, core::Time now) const;
  std::vector<std::vector<Place*>> groups(const Ask& ask) const;
  bool seat(Ticket& ticket, const std::vector<Place*>& group, core::Time now);
  // Puts the one whose turn it is first; true if it is tried though another promises more.
  static bool take_turns(std::vector<std::pair<double, Place*>>& order);
  void unseat(Ticket& ticket);
  core::Failure refusal(const Ask& ask, core::Time now) const;
  core::Time recovery_ends(const Ask& ask) const;
  void admit(Ticket& ticket, Place& place, bool load, core::Time now);
  void pump(Host& host, core::Time now);
  void pump(core::Time now);
  void reseat(core::Time now);
  void settle(core::Time now);  // after any change: seats, then admission
  void refuse(TicketId ticket, core::Failure failure);
  std::size_t position(const Ticket& ticket, core::Time now) const;

  // outcome.cpp
  void learn(Running& run, const Outcome& outcome);
  static std::optional<double> surprise(const Running& run, const Outcome& outcome);
  void judge(Running& run, const Outcome& outcome, core::Time now);
  void count_change(core::BreakerState was, core::BreakerState is);
  void cool_down(core::Time now);

  core::FleetViewPtr build_view(core::Time now) const;
};

}  // namespace codecrucible::fleet

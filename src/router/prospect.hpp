#pragma once

#include "router/compiled.hpp"
#include "router/router.hpp"

#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::router {

// How near to the wish a candidate stands; smaller goes first, utility decides inside a group.
enum class Group : std::uint8_t { target, fallback, rest };

// One model of the pool while a decision is being made.
struct Prospect {
  std::size_t model = 0;
  const Traits* traits = nullptr;
  std::optional<Gate> shut;
  Group group = Group::rest;
  int order = 0;  // inside the fallback group: place in the list
  std::string_view why;
  Terms terms;
  double seconds_first = 0, seconds = 0;
  double propensity = 0;  // of being put first
};

// Working memory of one decision: on the stack unless the fleet is huge.
struct Workspace {
  std::byte first[16384];
  std::pmr::monotonic_buffer_resource memory{first, sizeof first};
  std::pmr::vector<Prospect> pool{&memory};
  std::pmr::vector<Prospect*> ranked{&memory};       // those that passed the gates, best first
  std::vector<std::unique_ptr<const Traits>> extra;  // traits that found no room in the cache

  const Traits* traits_of(const Compiled& compiled, std::string_view provider, std::string_view id);
};

// First gate that shuts this model out, if any.
std::optional<Gate> closed_gate(const Facts& facts, const Policy& policy, const core::FleetView& fleet,
                                const Prospect& prospect, bool local_only);
std::string gate_reason(Gate gate, const Facts& facts, const Policy& policy, const core::FleetView& fleet,
                        std::size_t model);
// Tokens that must fit the window: prompt and answer.
std::int64_t tokens_needed(const Facts& facts, const UtilitySettings& settings,
                           double token_factor = 1) noexcept;

// Why a pool with every gate closed cannot serve: the failure that helps the client most.
core::Failure refusal_of(const Facts& facts, const Policy& policy, const core::FleetView& fleet,
                         const std::pmr::vector<Prospect>& pool);
// Nobody answers at all, or nobody has any model.
core::Failure nothing_there(const core::FleetView& fleet, bool embeddings);

// Fills terms, seconds and utility.
void estimate(Prospect& prospect, const Facts& facts, const Policy& policy, const core::FleetView& fleet,
              Prefer prefer);

// Gives the best group its propensities and returns the position that goes first. `ranked` is in order.
// `trial`: how what was learned wants others tried; without it `settings.mode` says so, if it is on.
std::size_t choose(std::span<Prospect* const> ranked, const ExplorationSettings& settings, Trial trial,
                   bool may_explore, double random01);

// Where escalation begins: what the operator wrote for a rule or a tier stands; what was learned of a kind of
// task moves the general threshold, unless that is 0: never.
void set_threshold(Decision& decision, const Policy& policy, const Facts& facts, const Rule* rule);
// How sure the rule is: its owner's word, moved by what came of it.
void set_rule_confidence(Decision& decision, const Policy& policy, const CompiledRule& rule);

// 0 <= x < 1, even, the same for the same arguments.
double even01(std::uint64_t key, std::string_view salt) noexcept;

// Everything a decision found out; `explain` reads it, `decide` keeps only the decision.
struct Outcome {
  Decision decision;
  const CompiledRule* rule = nullptr;
  Resolved asked;
  Prefer prefer = Prefer::balanced;  // what weighed the time
  bool explicit_wish = false;
};

// `resolve` without the suggestions. An automatic answer with models is restricted to these (a provider's or
// a tier's name was asked for).
Resolved resolve_name(std::string_view model, const Policy& policy, const core::FleetView& fleet,
                      Workspace& space);

Outcome run(const Facts& facts, const Policy& policy, const core::FleetView& fleet, double random01,
            Workspace& space, const Resolved* asked = nullptr);

// Whether a rule may speak for this request.
bool applies(const CompiledRule& rule, const Facts& facts, bool explicit_wish) noexcept;

}  // namespace codecrucible::router

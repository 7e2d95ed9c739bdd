#pragma once

#include "fleet/fleet.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace codecrucible::fleet::test {

using namespace std::chrono_literals;

inline core::Time at(double seconds) {
  return core::Time{} + 1h +
         std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>(seconds));
}

inline core::Duration secs(double seconds) {
  return std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>(seconds));
}

inline HostSettings host(std::string name, core::ProviderKind kind) {
  HostSettings settings;
  settings.name = name;
  settings.kind = kind;
  settings.url = "http://" + name;
  return settings;
}

inline Settings with(std::initializer_list<HostSettings> hosts) {
  Settings settings;
  settings.hosts = hosts;
  return settings;
}

// A listing: names, with '*' in front of those in memory.
inline Listing listing(std::initializer_list<std::string> names, std::optional<int> slots = std::nullopt) {
  Listing list;
  for (const auto& name : names) {
    Found found;
    found.resident = name.starts_with('*');
    found.id = found.resident ? name.substr(1) : name;
    found.slots = slots;
    list.models.push_back(std::move(found));
  }
  return list;
}

inline Ask ask(std::uint64_t request, std::vector<Pair> candidates, std::string client = "someone",
               Priority priority = Priority::interactive) {
  Ask wanted;
  wanted.request = request;
  wanted.candidates = std::move(candidates);
  wanted.client = std::move(client);
  wanted.priority = priority;
  return wanted;
}

inline const Lease* lease(const Answer& answer) {
  return std::get_if<Lease>(&answer);
}
inline const Waiting* waiting(const Answer& answer) {
  return std::get_if<Waiting>(&answer);
}
inline const core::Failure* refusal(const Answer& answer) {
  return std::get_if<core::Failure>(&answer);
}

inline Outcome good(double first, double total) {
  Outcome outcome;
  outcome.first = secs(first);
  outcome.total = secs(total);
  return outcome;
}
inline Outcome bad(core::Cause cause) {
  Outcome outcome;
  outcome.cause = cause;
  return outcome;
}
inline Outcome cancelled() {
  Outcome outcome;
  outcome.cancelled = true;
  return outcome;
}

// Requests that were called with a lease since the last time, in order.
inline std::vector<std::uint64_t> admitted(const std::vector<Called>& called) {
  std::vector<std::uint64_t> requests;
  for (const auto& one : called) {
    if (std::holds_alternative<Lease>(one.result)) requests.push_back(one.request);
  }
  return requests;
}

}  // namespace codecrucible::fleet::test

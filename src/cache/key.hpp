#pragma once

#include "core/chat.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace codecrucible::cache {

// Names a request by all that shapes its answer: 128 bits of xxHash.
struct Key {
  std::uint64_t high = 0, low = 0;
  friend bool operator==(const Key&, const Key&) = default;
};

// What shapes an answer besides the request itself.
struct Circumstances {
  std::string_view tenant;   // whose request it is: one tenant's answers are never shown to another
  std::string_view model;    // the name asked for, in one spelling for all that mean the same
  std::uint64_t policy = 0;  // of the configuration that decides who answers: another one, another answer
  std::string_view wishes;   // headers and the like that the decision reads; any text, in a fixed order
};

// Equal for requests that ask for the same answer: order of JSON keys, spelling of numbers and strings,
// defaults said or left out, the dialect, and whether the answer is streamed make no difference. What only
// concerns bookkeeping (user, metadata, keep_alive) is left out. O(size of the request); copies nothing
// large.
Key key_of(const core::ChatRequest& request, const Circumstances& circumstances);

}  // namespace codecrucible::cache

template <>
struct std::hash<codecrucible::cache::Key> {
  std::size_t operator()(const codecrucible::cache::Key& key) const noexcept { return key.low; }
};

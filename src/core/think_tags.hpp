#pragma once

#include <cstdint>

namespace codecrucible::core {

// How a server that does not separate reasoning from the answer marks it in the text.
enum class ThinkTags : std::uint8_t {
  none,    // it separates them itself, or its models do not reason
  tags,    // <think>…</think> before the answer
  inside,  // the template writes <think>, so the text begins inside and only </think> is seen
};

}  // namespace codecrucible::core

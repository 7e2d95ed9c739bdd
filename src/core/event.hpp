#pragma once

#include "core/failure.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace codecrucible::core {

// Tokens as the backend counted them, or as we estimated them.
struct Usage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  std::optional<std::int64_t> cached_tokens;     // part of prompt_tokens
  std::optional<std::int64_t> reasoning_tokens;  // part of completion_tokens
  bool estimated = false;
};

// What the server itself says about where the time went; zero = not said.
struct Timings {
  std::chrono::nanoseconds total{}, load{}, prefill{}, decode{};
};

enum class FinishReason : std::uint8_t { stop, length, tool_calls, content_filter };

// One step of an answer, whatever dialect it came in. Views are valid until the decoder is fed again.
//
// Order per choice: start, then text / reasoning / refusal / tool_call pieces in the order they came,
// then finish; usage once per reply. A failure replaces all that would have followed.
struct Event {
  enum class Kind : std::uint8_t {
    start,      // the backend began to answer; `text` = the model that really answers
    text,       // piece of the answer
    reasoning,  // piece of the reasoning
    refusal,    // piece of a refusal
    tool_call,  // piece of a call: first of its index carries id and name; `text` = piece of the arguments'
                // JSON
    logprobs,   // `text` = JSON array of the token entries in OpenAI's form, for the text piece just before
    finish,     // this choice is complete; `text` = the stop string that ended it, where the backend tells
    usage,      // token counts and the server's own timings
    failure,    // the reply went wrong: `failure`
  };
  Kind kind = Kind::text;
  FinishReason finish = FinishReason::stop;
  std::int32_t choice = 0;
  std::int32_t tool_index = 0;  // contiguous from 0 in order of arrival
  std::string_view text;
  std::string_view tool_id;    // set on the first piece of a call only
  std::string_view tool_name;  // set on the first piece of a call only
  Usage usage;
  Timings timings;
  std::optional<Failure> failure;
};

using Events = std::vector<Event>;

}  // namespace codecrucible::core

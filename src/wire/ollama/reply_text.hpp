#pragma once

#include "core/event.hpp"
#include "wire/dialect.hpp"

#include <string>
#include <string_view>

// The pieces of Ollama's reply objects. For the .cpp files of this folder only.
namespace codecrucible::wire::ollama {

// RFC 3339 with nanoseconds, UTC.
void append_time(std::string& out, std::chrono::system_clock::time_point when);

// `{"model":"m","created_at":"…",` – how every object of one reply begins. The time is that of the reply's
// start: encoders know no clock.
std::string reply_head(const ReplyContext& context);

// `{"id":"…","function":{"index":0,"name":"…","arguments":{…}}}`
void append_call(std::string& out, int index, std::string_view id, std::string_view name,
                 std::string_view arguments);

// What the last object reports.
struct Ending {
  core::FinishReason reason = core::FinishReason::stop;
  core::Usage usage;
  core::Timings timings;
  std::int64_t pieces = 0;         // pieces of text seen: the estimate of tokens if nobody counted them
  std::int64_t prompt_tokens = 0;  // our estimate
};

// `,"done":true,"done_reason":"stop",…}`: counts and durations are never missing and never 0 where a client
// divides by them (traps E3).
void append_ending(std::string& out, const Ending& ending, const ReplyContext& context);

}  // namespace codecrucible::wire::ollama

#pragma once

#include "core/chat.hpp"
#include "history/record.hpp"
#include "history/settings.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace codecrucible::history {

// What makes this request comparable with the one before it in its conversation. Of a long text only the
// beginning, the end and the length are looked at, so that it costs about a microsecond.
Turn turn_of(const core::ChatRequest& request);

// True if a person says in this short message that the answer before it was wrong. Knows English, German,
// French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, Chinese and Japanese; in doubt it says no.
bool complains(std::string_view message);

// True if the text of a tool's result reports a failure.
bool reports_failure(std::string_view tool_result);

// What of a request has to be kept until the next one of its conversation comes.
struct Seen {
  std::int64_t number = 0;  // in the ledger
  Wall at{};
  core::Duration duration{};
  Turn turn;
  bool answered = false;    // the client has its answer
  bool tool_calls = false;  // the answer asked for tools
  std::string model;        // who answered
};
Seen seen_of(const Record& record, std::int64_t number);

// What `now` says about the answer to `before`, the last request of the same conversation. Pure.
std::vector<Signal> signals_between(const Seen& before, const Record& now, const SignalSettings& settings);

// What a request says about its own answer: escalated, left in the middle. Pure.
std::vector<Signal> signals_within(const Record& record, const SignalSettings& settings);

}  // namespace codecrucible::history

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::simulator {

// Something that goes wrong on demand. Asked for by `Simulator::inject`, by POST /sim/faults, or by a mark in
// the prompt: "[[fault:cut:3]]".
struct Fault {
  enum class Kind : std::uint8_t {
    none,
    reset,            // close before the first byte of the reply
    error500,         //
    overloaded,       // 503, queue full
    loading,          // 503, "Loading model"
    slow_first,       // the first token takes `at` milliseconds more
    stall,            // after `at` events: silence until the client leaves
    cut,              // after `at` events: the connection closes
    malformed,        // event number `at` is not JSON
    wrong_model,      // another model's name in the reply
    error_in_stream,  // after `at` events: the server's own error frame
    gzip,             // Content-Encoding: gzip, though nobody asked
    close_delimited,  // no length, no chunks: the body ends with the connection
    garbage,          // not HTTP
    context,          // the server's own words for a prompt that does not fit
    empty,            // 200, a stream without deltas or finish
    hang,             // accepts and never answers
    unauthorized,     // 401, with the key that was sent in the text
  };
  Kind kind = Kind::none;
  int at = 0;
};

std::string_view name(Fault::Kind kind) noexcept;
// "cut:3", "error500"; none for unknown words.
std::optional<Fault> fault_of(std::string_view text);
// The first mark "[[fault:…]]" in a prompt.
std::optional<Fault> fault_in(std::string_view prompt);
// The word of a mark that names no fault: whoever wrote it waits for something that never comes.
std::optional<std::string_view> unknown_fault_in(std::string_view prompt);
std::string fault_names();  // "reset, error500, …"

}  // namespace codecrucible::simulator

#pragma once

#include "core/arena.hpp"
#include "core/event.hpp"
#include "wire/openai/chunk.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::openai {

// Follows the text of one JSON object that comes in pieces, to know when it is complete.
class ObjectWatch {
 public:
  void feed(std::string_view text);
  bool complete() const noexcept { return begun_ && depth_ == 0; }

 private:
  int depth_ = 0;
  bool begun_ = false, in_string_ = false, escape_ = false;
};

// An id for a call that came without one: "call_" and digits that depend on the reply and the call's number
// only, so that the same reply always has the same ids.
std::string made_call_id(std::string_view seed, std::int32_t choice, std::int32_t number);

// The tool calls of one choice, numbered anew in the order in which they arrive: servers leave the index out,
// send 0 for every call, repeat names and ids, or send none (traps B11 to B13).
class ToolCalls {
 public:
  bool any() const noexcept { return !calls_.empty(); }
  // Adds the events of one piece. `seed` makes ids unique when the backend gives none. True if the piece was
  // just as OpenAI would have sent it.
  bool take(const ToolPiece& piece, std::int32_t choice, std::string_view seed, core::Arena& memory,
            core::Events& out);

 private:
  struct Call {
    std::int64_t upstream_index = -1;
    std::string id;       // as the backend gave it
    std::string name;     // empty: not yet said, nothing was sent
    std::string waiting;  // arguments that came before the name
    ObjectWatch arguments;
  };
  std::size_t place(const ToolPiece& piece, std::string_view id, std::string_view name) const;

  std::vector<Call> calls_;
};

}  // namespace codecrucible::wire::openai

#pragma once

#include "core/event.hpp"

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace codecrucible::wire::ollama {

struct ReplyObject;

// Turns the objects of one reply of /api/chat or /api/generate into events, and remembers what lasts from one
// object to the next. The commonest objects cost no allocation. For the .cpp files of this folder only.
class ReplyReader {
 public:
  // One object, without its line end. Text that had escapes, and copies of objects that need a full reading,
  // go to `memory`: views in `out` live as long as that and the line's own bytes. Objects after the last are
  // ignored.
  void read(std::string_view line, std::pmr::memory_resource* memory, core::Events& out);
  // The reply is over. `rest` is an object that had no line end, or empty (traps A12).
  void end(std::string_view rest, std::pmr::memory_resource* memory, core::Events& out);
  void fail(core::Failure failure, core::Events& out);

  // done:true was read, or an error: nothing that follows counts (traps B8).
  bool complete() const noexcept { return complete_; }
  // The last object read can go to a client of the same dialect as it is: nothing is missing or wrong in it.
  bool sound() const noexcept { return sound_; }
  bool chat() const noexcept { return chat_; }  // it had a message, as /api/chat has it

 private:
  void begin(std::string_view model, core::Events& out);
  void read_fully(std::string_view line, std::pmr::memory_resource* memory, core::Events& out);
  void emit(const ReplyObject& object, std::pmr::memory_resource* memory, core::Events& out);
  void emit_calls(const ReplyObject& object, std::pmr::memory_resource* memory, core::Events& out);
  void emit_ending(const ReplyObject& object, core::Events& out);

  bool started_ = false;
  bool complete_ = false;
  bool sound_ = false;
  bool chat_ = false;
  std::int32_t calls_ = 0;  // tool calls so far, over all objects
};

}  // namespace codecrucible::wire::ollama

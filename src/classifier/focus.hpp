#pragma once

#include "classifier/verdict.hpp"
#include "core/chat.hpp"

#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

// The part of a conversation that says what is wanted now, and what surrounds it.
struct Focus {
  std::string_view text;          // last user message (its longest text parts); never a tool result
  std::string_view before;        // the user message before it, for "do it" and "yes"
  std::uint64_t total_bytes = 0;  // all messages, tool results and tool schemas
  std::uint32_t images = 0;
  std::uint32_t user_turns = 0;
  std::uint32_t context_files = 0;  // other parts and messages that hold whole files
  bool tool_failed = false;         // a tool result after the last user message reports an error
  bool code_before = false;         // earlier turns hold fenced code
};
Focus focus_on(const core::ChatRequest& request) noexcept;

Needs needs_of(const core::ChatRequest& request, const Focus& focus, std::uint32_t tokens,
               std::uint32_t long_context_tokens) noexcept;

}  // namespace codecrucible::classifier

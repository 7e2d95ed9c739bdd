#pragma once

#include "core/failure.hpp"
#include "wire/ollama/json_read.hpp"

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

namespace codecrucible::wire::ollama {

// One object of a reply with everything that may stand in it. For the .cpp files of this folder only.
struct ReplyObject {
  struct Call {
    std::string_view id, name, arguments;
    std::optional<std::int64_t> index;
  };
  explicit ReplyObject(std::pmr::memory_resource* memory) : calls(memory) {}

  bool has_message = false;
  bool has_response = false;
  std::string_view model, created_at, content, thinking, done_reason;
  std::string_view logprobs;  // JSON array in OpenAI's form
  std::optional<bool> done;
  std::pmr::vector<Call> calls;
  std::optional<std::int64_t> total, load, prefill, decode;  // nanoseconds
  std::optional<std::int64_t> prompt_tokens, completion_tokens;
  std::optional<std::string> error;
};

// `text` is followed by 64 readable bytes; views point into it or into `memory`.
bool read_object(std::string_view text, std::pmr::memory_resource* memory, ReplyObject& out,
                 core::Failure& why);

}  // namespace codecrucible::wire::ollama

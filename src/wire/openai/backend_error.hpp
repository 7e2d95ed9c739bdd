#pragma once

#include "core/failure.hpp"

#include <optional>
#include <string_view>

namespace codecrucible::wire::openai {

// What an error reply of any OpenAI-like server means: LM Studio's strings and objects, llama.cpp, vLLM old
// and new, FastAPI's `detail`, or plain text. `status` 200 stands for an error that came with success: LM
// Studio's unknown endpoints, or an error object inside a stream (traps B7, D6, D15 to D17).
core::Failure backend_failure(int status, std::string_view body);

// The failure if `body` is an error by its shape: a JSON object with `error` and without what a good reply
// has (`choices`, `data`, `models`), or with `object` "error".
std::optional<core::Failure> error_in(std::string_view body);

// The causes that only the text tells: context overflow in the words of every known server, with the token
// counts that the text names.
bool is_overflow(std::string_view message);
void read_overflow_counts(std::string_view message, core::Failure& failure);

}  // namespace codecrucible::wire::openai

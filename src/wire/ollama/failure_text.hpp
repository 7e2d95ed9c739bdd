#pragma once

#include "core/failure.hpp"

#include <string_view>

namespace codecrucible::wire::ollama {

// What an error of an Ollama server means. `text` is the value of its "error"; `status` is the HTTP status,
// 200 if it came inside a running stream (then only the words can tell).
core::Failure failure_of_text(int status, std::string_view text);

// The words of an error body: `error` as a string or as an object with a message; else the body's own
// beginning.
std::string error_text(std::string_view body);

}  // namespace codecrucible::wire::ollama

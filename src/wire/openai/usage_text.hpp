#pragma once

#include "core/event.hpp"

#include <string>

namespace codecrucible::wire::openai {

// Usage in chat's form: all members whole numbers, never null.
void append_usage(const core::Usage& usage, std::string& out);

}  // namespace codecrucible::wire::openai

#pragma once

#include "core/event.hpp"
#include "wire/dialect.hpp"

#include <string>

namespace codecrucible::wire::openai {

// Usage in chat's form: all members whole numbers, never null.
void append_usage(const core::Usage& usage, std::string& out);
// With what was given up before the answer (ReplyContext::given_up).
void append_usage(const core::Usage& own, const ReplyContext& context, std::string& out);

}  // namespace codecrucible::wire::openai

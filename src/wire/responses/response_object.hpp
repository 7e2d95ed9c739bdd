#pragma once

#include "wire/responses/output.hpp"

#include <string>

namespace codecrucible::wire::responses {

enum class Status : std::uint8_t { in_progress, completed, incomplete, failed };

// How a reply that came to its regular end is called.
Status status_of(const Output& output) noexcept;

// The response object in full: what was asked and what has come of it so far.
void append_response(const ReplyContext& context, const Output& output, Status status,
                     const core::Failure* failure, std::string& out);

}  // namespace codecrucible::wire::responses

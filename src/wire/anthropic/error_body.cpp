#include "core/json_text.hpp"
#include "wire/anthropic/client.hpp"

#include <algorithm>

namespace codecrucible::wire::anthropic {
namespace {

using core::Cause;

// The type that belongs to the status of the cause (anthropic.md part 5).
std::string_view type_of(Cause cause) {
  switch (cause) {
    case Cause::bad_request:
    case Cause::unsupported:
    case Cause::method_not_allowed:
    case Cause::context_length:
    case Cause::backend_rejected:
      return "invalid_request_error";
    case Cause::too_large:
      return "request_too_large";
    case Cause::unauthorized:
      return "authentication_error";
    case Cause::forbidden:
      return "permission_error";
    case Cause::not_found:
    case Cause::model_not_found:
      return "not_found_error";
    case Cause::rate_limited:
    case Cause::queue_full:
      return "rate_limit_error";
    case Cause::loading:
    case Cause::overloaded:
    case Cause::no_backend:
    case Cause::shutting_down:
      return "overloaded_error";
    case Cause::stall:
    case Cause::timeout:
      return "timeout_error";
    default:
      return "api_error";
  }
}

// The words by which agents know that they have to compact (anthropic.md part 5a).
std::string too_long(const core::Failure& failure) {
  if (!failure.needed_tokens || !failure.window_tokens) return "prompt is too long: " + failure.detail;
  const auto needed = std::max(*failure.needed_tokens, *failure.window_tokens + 1);
  return "prompt is too long: " + std::to_string(needed) + " tokens > " +
         std::to_string(*failure.window_tokens) + " maximum";
}

// This dialect has no member for the field at fault, so the message begins with it.
std::string message_of(const core::Failure& failure) {
  if (failure.cause == Cause::context_length) return too_long(failure);
  if (failure.detail.empty()) return std::string(core::label(failure.cause));
  if (failure.param.empty() || failure.detail.find("'" + failure.param + "'") != std::string::npos) {
    return failure.detail;
  }
  return failure.param + ": " + failure.detail;
}

}  // namespace

std::string error_body(const core::Failure& failure, std::string_view request_id) {
  std::string out = R"({"type":"error","error":{"type":")";
  out.append(type_of(failure.cause)).append(R"(","message":)");
  core::append_string(out, message_of(failure));
  if (failure.cause == Cause::unsupported && failure.param == "thread") {
    out += R"(,"details":{"error_code":"thread_unsupported_request","unsupported":["thread"]})";
  }
  out += '}';
  if (!request_id.empty()) {
    out += ",\"request_id\":";
    core::append_string(out, request_id);
  }
  return out += '}';
}

}  // namespace codecrucible::wire::anthropic

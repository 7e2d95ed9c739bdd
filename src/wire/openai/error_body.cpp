#include "core/json_text.hpp"
#include "wire/openai/client.hpp"

namespace codecrucible::wire::openai {
namespace {

using core::Cause;

struct Words {
  std::string_view type;
  std::string_view code;  // empty: null
};

// openai.md §8: what the SDKs and agents look at.
Words words_of(Cause cause) {
  constexpr std::string_view client = "invalid_request_error";
  switch (cause) {
    case Cause::bad_request:
      return {client, "invalid_value"};
    case Cause::unsupported:
      return {client, "unsupported_value"};
    case Cause::too_large:
      return {client, "request_too_large"};
    case Cause::unauthorized:
      return {client, "invalid_api_key"};
    case Cause::forbidden:
      return {"permission_error", "permission_denied"};
    case Cause::not_found:
      return {client, "unknown_url"};
    case Cause::method_not_allowed:
      return {client, "method_not_allowed"};
    case Cause::model_not_found:
      return {client, "model_not_found"};
    case Cause::context_length:
      return {client, "context_length_exceeded"};
    case Cause::backend_rejected:
      return {client, core::label(cause)};
    case Cause::rate_limited:
      return {"rate_limit_error", "rate_limit_exceeded"};
    case Cause::queue_full:
      return {"rate_limit_error", core::label(cause)};
    default:
      return {"server_error", core::label(cause)};
  }
}

std::string_view param_of(const core::Failure& failure) {
  if (!failure.param.empty()) return failure.param;
  if (failure.cause == Cause::model_not_found) return "model";
  return {};
}

}  // namespace

// The request id goes out as a header; four keys and no more is what strict clients take.
std::string error_body(const core::Failure& failure, std::string_view) {
  const Words words = words_of(failure.cause);
  std::string out = "{\"error\":{\"message\":";
  core::append_string(out,
                      failure.detail.empty() ? core::label(failure.cause) : std::string_view(failure.detail));
  out += ",\"type\":";
  core::append_string(out, words.type);
  out += ",\"param\":";
  const std::string_view param = param_of(failure);
  if (param.empty()) {
    out += "null";
  } else {
    core::append_string(out, param);
  }
  out += ",\"code\":";
  core::append_string(out, words.code);
  return out += "}}";
}

}  // namespace codecrucible::wire::openai

#include "core/json_text.hpp"
#include "wire/openai/client.hpp"
#include "wire/responses/client.hpp"

namespace codecrucible::wire::responses {
namespace {

// OpenAI has a code of its own for this one, and clients begin anew when they read it.
bool is_unknown_previous(const core::Failure& failure) {
  return failure.cause == core::Cause::bad_request && failure.param == "previous_response_id" &&
         failure.detail.starts_with("Previous response");
}

}  // namespace

std::string error_body(const core::Failure& failure, std::string_view request_id) {
  const bool previous = is_unknown_previous(failure);
  const bool kept = failure.cause == core::Cause::not_found && failure.param == "response_id";
  if (!previous && !kept) return openai::error_body(failure, request_id);
  std::string out = "{\"error\":{\"message\":";
  core::append_string(out, failure.detail);
  out += R"(,"type":"invalid_request_error",)";
  return out += previous ? R"("param":"previous_response_id","code":"previous_response_not_found"}})"
                         : R"("param":null,"code":null}})";
}

}  // namespace codecrucible::wire::responses

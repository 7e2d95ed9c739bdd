#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::core {

// Why something did not work: the one vocabulary of the whole gateway. Every cause has one HTTP status,
// one metric label and one place in each client dialect (wire/), and says whether another candidate may help.
enum class Cause : std::uint8_t {
  // The client's own doing: no other backend would answer differently.
  bad_request,         // malformed JSON, wrong type, out of range
  unsupported,         // understood, but no backend at hand can do it
  too_large,           // body over the limit
  unauthorized,        // missing or wrong key
  forbidden,           // key without the right to this model or surface
  not_found,           // no such path
  method_not_allowed,  //
  model_not_found,     // no backend knows this model
  context_length,      // prompt and wanted tokens do not fit the window
  rate_limited,        // the client's own limit
  client_gone,         // the client closed; nobody reads the answer
  // The backend's doing: another candidate may help.
  refused,                // connection refused, unreachable, DNS
  reset,                  // connection lost before the first byte of the reply
  loading,                // the server is loading the model: wait or go elsewhere, not a fault
  overloaded,             // queue full, 429 or 503 of the backend
  backend_auth,           // 401/403 of the backend: our credentials, not the client's
  backend_model_missing,  // the backend does not have the model it listed
  backend_rejected,       // other 4xx of the backend (template error, unsupported field)
  backend_error,          // 5xx of the backend, error object, model crashed or unloaded
  wrong_model,            // answered by another model than the one asked for
  garbage,                // not HTTP, not JSON, not the promised content type
  cut,                    // stream ended without its terminal mark
  stall,                  // no byte for longer than the idle limit
  timeout,                // no first token, or the whole answer, within its limit
  // The gateway's doing.
  queue_full,     // admission: bounded queue is full
  no_backend,     // nothing healthy could take it
  shutting_down,  //
  internal,       // a bug of ours
};

struct Failure {
  Cause cause = Cause::internal;
  std::string detail;                               // for a person: what happened and what to do next
  std::string param;                                // request field at fault, empty if none
  std::optional<std::chrono::seconds> retry_after;  // when a retry makes sense
  // For context_length: what the prompt needs and what the window holds, in tokens.
  std::optional<std::int64_t> needed_tokens;
  std::optional<std::int64_t> window_tokens;
};

// HTTP status that tells a client this cause.
int http_status(Cause cause) noexcept;

// Stable snake_case name: metric label, log field, history column.
std::string_view label(Cause cause) noexcept;

// True if another candidate may serve the same request.
bool may_try_elsewhere(Cause cause) noexcept;

// True if the fault speaks against the backend (counts for its breaker).
bool blames_backend(Cause cause) noexcept;

}  // namespace codecrucible::core

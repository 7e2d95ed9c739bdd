#include "core/failure.hpp"

namespace codecrucible::core {
namespace {

struct Row {
  std::string_view label;
  int status;
  bool elsewhere;
  bool blame;
};

// In the order of the enum. 502/503/504 tell whose fault it is and whether waiting helps.
constexpr Row rows[] = {
    {"bad_request", 400, false, false},
    {"unsupported", 400, false, false},
    {"too_large", 413, false, false},
    {"unauthorized", 401, false, false},
    {"forbidden", 403, false, false},
    {"not_found", 404, false, false},
    {"method_not_allowed", 405, false, false},
    {"model_not_found", 404, false, false},
    {"context_length", 400, true, false},
    {"rate_limited", 429, false, false},
    {"client_gone", 499, false, false},
    {"refused", 502, true, true},
    {"reset", 502, true, true},
    {"loading", 503, true, false},
    {"overloaded", 503, true, false},
    {"backend_auth", 502, true, false},
    {"backend_model_missing", 502, true, false},
    {"backend_rejected", 400, true, false},
    {"backend_error", 502, true, true},
    {"wrong_model", 502, true, true},
    {"garbage", 502, true, true},
    {"cut", 502, true, true},
    {"stall", 504, true, true},
    {"timeout", 504, true, true},
    {"queue_full", 429, false, false},
    {"no_backend", 503, false, false},
    {"shutting_down", 503, false, false},
    {"internal", 500, false, false},
};
static_assert(std::size(rows) == static_cast<std::size_t>(Cause::internal) + 1);

const Row& row(Cause cause) noexcept {
  return rows[static_cast<std::size_t>(cause)];
}

}  // namespace

int http_status(Cause cause) noexcept {
  return row(cause).status;
}
std::string_view label(Cause cause) noexcept {
  return row(cause).label;
}
bool may_try_elsewhere(Cause cause) noexcept {
  return row(cause).elsewhere;
}
bool blames_backend(Cause cause) noexcept {
  return row(cause).blame;
}

}  // namespace codecrucible::core

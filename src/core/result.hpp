#pragma once

#include "core/failure.hpp"

#include <boost/system/result.hpp>

namespace codecrucible::core {

// A value, or why there is none. `value()` on a failure throws std::runtime_error with the detail:
// only tests and start-up code may rely on that.
template <class T>
using Result = boost::system::result<T, Failure>;

[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& where);

// Short form for the commonest return: `return fail(Cause::bad_request, "…", "messages");`
inline Failure fail(Cause cause, std::string detail, std::string param = {}) {
  Failure failure;
  failure.cause = cause;
  failure.detail = std::move(detail);
  failure.param = std::move(param);
  return failure;
}

}  // namespace codecrucible::core

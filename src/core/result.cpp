#include "core/result.hpp"

#include <stdexcept>

namespace codecrucible::core {

void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
  throw std::runtime_error(std::string(label(failure.cause)) + ": " + failure.detail);
}

}  // namespace codecrucible::core

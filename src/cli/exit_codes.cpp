#include "cli/exit_codes.hpp"

#include <iostream>

namespace codecrucible::cli {

int said(std::string_view why, Exit code) {
  std::cerr << "error: " << why << '\n';
  return code;
}

}  // namespace codecrucible::cli

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "places.hpp"

#include <doctest/doctest.h>

std::string source_dir() {
  return CODECRUCIBLE_SOURCE_DIR;
}
std::string binary_dir() {
  return CODECRUCIBLE_BINARY_DIR;
}

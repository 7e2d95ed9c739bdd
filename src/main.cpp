#include "cli/cli.hpp"

int main(int argc, char** argv) {
  return codecrucible::cli::run(argc, argv);
}

#pragma once

namespace codecrucible::cli {

// The program: parses the command line, runs one subcommand, gives back the exit code (exit_codes.hpp).
int run(int argc, char** argv);

}  // namespace codecrucible::cli

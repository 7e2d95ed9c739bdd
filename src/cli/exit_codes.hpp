#pragma once

#include <string_view>

namespace codecrucible::cli {

// What a script may rely on.
enum Exit : int {
  ok = 0,
  failed = 1,         // the gateway or a backend said no; the reason is on stderr
  usage = 2,          // the command line makes no sense
  no_gateway = 3,     // nothing answers at the gateway's address
  interrupted = 130,  // Ctrl-C
};

// Says on stderr why a command ends, and gives the code that it ends with.
int said(std::string_view why, Exit code = Exit::failed);

}  // namespace codecrucible::cli

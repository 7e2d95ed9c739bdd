#pragma once

namespace codecrucible::cli {

// What a script may rely on.
enum Exit : int {
  ok = 0,
  failed = 1,         // the gateway or a backend said no; the reason is on stderr
  usage = 2,          // the command line makes no sense
  no_gateway = 3,     // nothing answers at the gateway's address
  interrupted = 130,  // Ctrl-C
};

}  // namespace codecrucible::cli

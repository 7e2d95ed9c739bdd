#pragma once

#include <csignal>

namespace codecrucible::cli {

// What Ctrl-C does while an answer comes. One at a time; the earlier behaviour is back when it goes.
class Interrupt {
 public:
  enum class Means {
    leave,  // the program ends as it would have, but with the terminal's colours put back
    go_on,  // nothing but `given()`: a read that waits fails, and the caller looks
  };
  explicit Interrupt(Means means);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static bool given();

 private:
  struct sigaction before_{};
};

}  // namespace codecrucible::cli

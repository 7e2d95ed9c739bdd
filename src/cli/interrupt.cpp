#include "cli/interrupt.hpp"

#include "cli/terminal.hpp"

#include <unistd.h>

#include <string_view>

namespace codecrucible::cli {
namespace {

volatile std::sig_atomic_t given_up = 0;
volatile std::sig_atomic_t coloured = -1;  // descriptor of the terminal, none without colours

void note(int) {
  given_up = 1;
}

void end_plainly(int number) {
  constexpr std::string_view plain = "\x1b[0m";
  if (coloured >= 0) {
    [[maybe_unused]] const auto written = write(coloured, plain.data(), plain.size());
  }
  signal(number, SIG_DFL);
  raise(number);
}

}  // namespace

Interrupt::Interrupt(Means means) {
  given_up = 0;
  for (const int fd : {STDERR_FILENO, STDOUT_FILENO}) {
    if (style_of(fd).colour) coloured = fd;
  }
  struct sigaction action{};
  action.sa_handler = means == Means::leave ? end_plainly : note;
  sigemptyset(&action.sa_mask);  // and no SA_RESTART: a read under way has to end
  sigaction(SIGINT, &action, &before_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_, nullptr);
}

bool Interrupt::given() {
  return given_up != 0;
}

}  // namespace codecrucible::cli

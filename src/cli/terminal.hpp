#pragma once

#include <string>
#include <string_view>

namespace codecrucible::cli {

// What may be done on an output: colours only on a terminal, and never when NO_COLOR is set or TERM is dumb.
struct Style {
  bool colour = false;

  std::string_view bold() const { return colour ? "\x1b[1m" : ""; }
  std::string_view dim() const { return colour ? "\x1b[2m" : ""; }
  std::string_view red() const { return colour ? "\x1b[31m" : ""; }
  std::string_view green() const { return colour ? "\x1b[32m" : ""; }
  std::string_view yellow() const { return colour ? "\x1b[33m" : ""; }
  std::string_view cyan() const { return colour ? "\x1b[36m" : ""; }
  std::string_view off() const { return colour ? "\x1b[0m" : ""; }
};

bool is_terminal(int fd);
Style style_of(int fd);

// True if standard input is a pipe or a file (it may still be empty).
bool standard_input_has_data();

// All of standard input when it is a pipe or a file; empty when it is a terminal, closed or empty.
std::string piped_input(std::size_t limit);

// Text from elsewhere made safe for a terminal: escape sequences and other control characters are taken out
// (a model's answer must not be able to move the cursor or set the title). Newlines and tabs stay.
std::string printable(std::string_view text);

}  // namespace codecrucible::cli

#include "cli/terminal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace codecrucible::cli {

bool is_terminal(int fd) {
  return isatty(fd) == 1;
}

Style style_of(int fd) {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  const bool wanted = no_colour == nullptr || *no_colour == '\0';
  const bool able = term != nullptr && std::string_view(term) != "dumb";
  return Style{is_terminal(fd) && wanted && able};
}

bool standard_input_has_data() {
  struct stat status = {};
  if (fstat(STDIN_FILENO, &status) != 0 || is_terminal(STDIN_FILENO)) return false;
  return S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode);
}

std::string piped_input(std::size_t limit) {
  if (!standard_input_has_data()) return {};
  std::string text;
  char buffer[65536];
  while (text.size() < limit) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 controls arrive as the UTF-8 pair C2 80..9F.
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0 &&
        static_cast<unsigned char>(text[i + 1]) >= 0x80) {
      ++i;
      continue;
    }
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) continue;
    out += text[i];
  }
  return out;
}

}  // namespace codecrucible::cli

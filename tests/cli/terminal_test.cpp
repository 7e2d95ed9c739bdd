#include "cli/terminal.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::cli;

TEST_CASE("terminal: escape sequences and control characters are taken out, text stays") {
  CHECK(printable("a\x1b[31mred\x07\x7f") == "a[31mred");
  CHECK(printable("line\n\ttab") == "line\n\ttab");
  CHECK(printable("Grüße 你好 🙂") == "Grüße 你好 🙂");
  CHECK(printable("x\xC2\x9Bm") == "xm");
  CHECK(printable("\r\b") == "");
}

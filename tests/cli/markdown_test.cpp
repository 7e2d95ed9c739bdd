#include "cli/markdown.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::cli;

namespace {

std::string rendered(const std::string& text, bool colour, std::size_t cut = std::string::npos) {
  Markdown markdown(Style{colour});
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += std::min(cut, text.size()))
    markdown.feed(text.substr(at, cut), out);
  markdown.end(out);
  return out;
}

const std::string sample =
    "# Title\n\nSome **bold** and `code` here.\n- one\n- two\n\n```cpp\nint* a = **b; # no heading\n```\nend";

}  // namespace

TEST_CASE("markdown: without colours the text passes as it is") {
  CHECK(rendered(sample, false) == sample);
  CHECK(rendered("**", false) == "**");
  CHECK(rendered("", false).empty());
}

TEST_CASE("markdown: with colours the result is the same however the stream was cut") {
  const auto whole = rendered(sample, true);
  for (std::size_t cut = 1; cut < 12; ++cut) CHECK(rendered(sample, true, cut) == whole);
  CHECK(whole.find("\x1b[1m") != std::string::npos);
  CHECK(whole.find("**bold**") == std::string::npos);
  CHECK(whole.find("int* a = **b; # no heading") != std::string::npos);
}

TEST_CASE("markdown: the terminal is left without attributes even if a mark was never closed") {
  for (const char* text : {"**open", "`open", "```\nopen", "# open"}) {
    CAPTURE(text);
    CHECK(rendered(text, true).ends_with("\x1b[0m"));
  }
}

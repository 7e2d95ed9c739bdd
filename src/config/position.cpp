#include "config/yaml.hpp"

#include <cstdint>

namespace codecrucible::config {
namespace {

// A reading point in the source text that counts lines and columns.
struct Point {
  std::string_view text;
  std::size_t at = 0;
  int line = 1, column = 1;

  bool more() const noexcept { return at < text.size(); }
  char now() const noexcept { return text[at]; }
  void step() noexcept {
    if (text[at] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
    ++at;
  }
  void blanks() noexcept {
    while (more() && (now() == ' ' || now() == '\t' || now() == '\n' || now() == '\r')) step();
  }
};

Point at_line(std::string_view text, int line, int column) noexcept {
  Point point{text};
  while (point.more() && (point.line < line || point.column < column)) {
    if (point.line == line && point.now() == '\n') break;
    point.step();
  }
  return point;
}

std::size_t utf8_length(std::uint32_t code) noexcept {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

// Steps over an escape behind its backslash; gives the bytes of the value that it stands for.
std::size_t step_escape(Point& point) noexcept {
  if (!point.more()) return 1;
  const char kind = point.now();
  const int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  point.step();
  if (digits == 0) return kind == 'N' || kind == '_' ? 2 : kind == 'L' || kind == 'P' ? 3 : 1;
  std::uint32_t code = 0;
  for (int i = 0; i < digits && point.more(); ++i) {
    const char c = point.now();
    code = code * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    point.step();
  }
  return utf8_length(code);
}

// One step within quotes; gives the bytes of the value passed. A fold (line break with its indentation) is
// one blank.
std::size_t step_quoted(Point& point, char quote) noexcept {
  if (point.now() == '\n' || point.now() == '\r') {
    point.blanks();
    return 1;
  }
  const char first = point.now();
  point.step();
  if (quote == '"' && first == '\\') return step_escape(point);
  if (quote == '\'' && first == '\'' && point.more() && point.now() == '\'') point.step();
  return 1;
}

// Behind the header of a block scalar: its first line, without the indentation.
void enter_block(Point& point) noexcept {
  while (point.more() && point.now() != '\n') point.step();
  point.blanks();
}

}  // namespace

Position position_in(const Node& scalar, std::string_view source, std::size_t offset) noexcept {
  if (!scalar.is_scalar() || scalar.line < 1) return {scalar.line, scalar.column};
  Point point = at_line(source, scalar.line, scalar.column);
  if (!point.more()) return {scalar.line, scalar.column};
  const char first = point.now();
  const bool in_quotes = scalar.quoted && (first == '"' || first == '\'');
  const bool in_block = scalar.quoted && (first == '|' || first == '>');
  if (scalar.quoted && !in_quotes && !in_block)
    return {scalar.line, scalar.column};  // behind a tag or anchor
  if (in_quotes) point.step();
  if (in_block) enter_block(point);
  const int indent = point.column;
  if (scalar.expanded) offset = 0;
  for (std::size_t passed = 0; passed < offset && point.more();) {
    if (in_quotes) {
      if (point.now() == first && (first == '"' || point.text.substr(point.at, 2) != "''")) break;
      passed += step_quoted(point, first);
      continue;
    }
    ++passed;
    if (in_block) {
      const bool broke = point.now() == '\n';
      point.step();
      while (broke && point.more() && point.column < indent && point.now() == ' ') point.step();
    } else if (point.now() == '\n' || point.now() == '\r') {
      point.blanks();
    } else {
      point.step();
    }
  }
  return {point.line, point.column};
}

}  // namespace codecrucible::config

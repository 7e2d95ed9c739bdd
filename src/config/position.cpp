#include "config/yaml.hpp"

#include <algorithm>

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

// One byte of the value inside quotes; a fold (line break with its indentation) is one blank.
void step_quoted(Point& point, char quote) noexcept {
  if (point.now() == '\n' || point.now() == '\r') {
    point.blanks();
  } else if (quote == '"' && point.now() == '\\') {
    point.step();
    const int digits = !point.more()        ? 0
                       : point.now() == 'x' ? 2
                       : point.now() == 'u' ? 4
                       : point.now() == 'U' ? 8
                                            : 0;
    for (int i = 0; i <= digits && point.more(); ++i) point.step();
  } else if (quote == '\'' && point.now() == '\'') {
    point.step();
    if (point.more() && point.now() == '\'') point.step();
  } else {
    point.step();
  }
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
  for (std::size_t i = 0; i < offset && point.more(); ++i) {
    if (in_quotes) {
      if (point.now() == first && (first == '"' || point.text.substr(point.at, 2) != "''")) break;
      step_quoted(point, first);
    } else if (in_block) {
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

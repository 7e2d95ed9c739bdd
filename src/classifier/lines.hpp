#pragma once

#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

enum class LineKind : std::uint8_t {
  blank,
  prose,
  bullet,   // list item: prose after its marker
  heading,  // # title
  code,
  trace,  // stack frame, compiler or linter message
  diff,
  data,   // table or CSV row
  fence,  // ``` or ~~~
  open_file,
  close_file,
};

// What a line outside a fence looks like on its own. `body` is the part that holds prose (marker removed).
struct Line {
  LineKind kind = LineKind::blank;
  std::string_view body;
};
Line look_at(std::string_view line, bool after_code) noexcept;

// Stack frames and messages of tools, also inside fences.
bool looks_like_trace(std::string_view trimmed) noexcept;

}  // namespace codecrucible::classifier

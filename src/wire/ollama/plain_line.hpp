#pragma once

#include <memory_resource>
#include <string_view>

namespace codecrucible::wire::ollama {

// A string of a JSON text as it stands there: without its quotes, still escaped.
struct RawText {
  std::string_view bytes;
  bool escaped = false;
  bool given = false;
};

// The commonest line of a stream by far: a piece of text or of reasoning, nothing else.
struct PlainLine {
  RawText model;
  RawText content;  // message.content, or response of /api/generate
  RawText thinking;
  bool chat = false;  // it had a message
};

// Reads such a line with no DOM and no allocation, checking all of its bytes. False: the line is something
// else (or wrong) and must be read properly.
bool scan_plain_line(std::string_view line, PlainLine& out) noexcept;

// The text itself. Escaped text is written to `memory`; what has no escapes is given back as it is. False if
// an escape is wrong. Lone surrogates become U+FFFD, as Go and JavaScript readers make them.
bool unescape(const RawText& raw, std::pmr::memory_resource* memory, std::string_view& text);

}  // namespace codecrucible::wire::ollama

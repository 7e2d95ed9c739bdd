#pragma once

#include <string>
#include <string_view>

namespace codecrucible::wire::ollama {

// True if `text` is exactly one JSON value by RFC 8259, nested at most 256 deep, surrounding whitespace
// allowed. simdjson's on-demand reader does not look into values it skips; what is passed on raw must be
// checked here, or a client could write outside of its own field. UTF-8 is not checked: the reader has done
// that for the whole text.
bool is_json(std::string_view text) noexcept;

// The same, and the value is an object.
bool is_json_object(std::string_view text) noexcept;

// Appends the arguments of a tool call as a JSON object on one line (traps C4, E4): "" becomes {}, what is
// not an object becomes {"_raw":"…"}. Key order and inner spaces stay (traps A16).
void append_arguments(std::string& out, std::string_view arguments);

// Appends JSON with its line breaks made spaces: inside strings JSON has none.
void append_one_line(std::string& out, std::string_view json);

}  // namespace codecrucible::wire::ollama

#pragma once

#include "classifier/lexicon.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

// One word, or one thing that stands for many: identifiers, file names, URLs and numbers carry a fixed hash
// per sort, so that the model learns "a file name" and not the name of this file.
struct Token {
  enum class Sort : std::uint8_t { word, identifier, file, path, url, number, flag, mention, command };
  std::uint32_t hash;
  std::uint32_t start;  // offset in the scanned text
  std::uint16_t length;
  std::uint16_t sentence;
  Sort sort;
  bool ends_sentence;
  bool question;  // the chunk ended with '?'
  bool bullet;    // first of a list item
  bool clause;    // the chunk ended with a comma or a bracket: a new order may follow
  Kinds kinds;
};

// Hash of tokens that are not words.
std::uint32_t hash_of(Token::Sort sort) noexcept;

// What the lines of a text are made of.
struct Shape {
  std::uint32_t bytes = 0;
  std::uint32_t prose_bytes = 0;
  std::uint32_t code_bytes = 0;
  std::uint32_t lines = 0;
  std::uint32_t prose_lines = 0;
  std::uint32_t code_lines = 0;
  std::uint32_t trace_lines = 0;  // stack frames, compiler and linter messages
  std::uint32_t diff_lines = 0;
  std::uint32_t data_lines = 0;  // tables, CSV
  std::uint32_t fences = 0;      // fenced blocks
  std::uint32_t bullets = 0;
  std::uint32_t headings = 0;
  std::uint32_t files = 0;  // <file>, <document>, attached or quoted files
  std::uint32_t backticks = 0;
  std::uint32_t other_script = 0;  // bytes of letters beyond ASCII in prose
  bool code_first = false;         // the text opens with code
  bool code_last = false;
  bool lower_start = false;  // first letter of the prose is a small one
  char last_mark = 0;        // last byte of the prose if it is '.', '?', '!' or ':'
  bool cut = false;          // longer than the window: the middle was not read
};

inline constexpr std::size_t max_tokens = 1536;

// Everything that features are made of. About 40 KB: one per worker thread, reused (it owns no heap memory).
struct Scan {
  Shape shape;
  std::size_t count = 0;
  Token tokens[max_tokens];
  std::uint16_t sentences = 0;
};

// Reads a text once, head and tail if it is huge (bounded time whatever its size). Any bytes are fine.
void scan(std::string_view text, Scan& out) noexcept;

}  // namespace codecrucible::classifier

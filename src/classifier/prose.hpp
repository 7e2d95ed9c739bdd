#pragma once

#include "classifier/scan.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

// Reads prose into the tokens of a scan: words, and what stands for many (files, flags, URLs, identifiers).
class ProseReader {
 public:
  // Tokens tell their place in `whole`; every line that is read has to be a part of it.
  ProseReader(std::string_view whole, Scan& out) noexcept : whole_(whole), out_(out) {}

  void read(std::string_view line) noexcept;
  void end_sentence() noexcept;
  void start_bullet() noexcept { starts_bullet_ = true; }
  // Tokens there may be; what comes beyond is not read.
  void limit(std::size_t tokens) noexcept { limit_ = tokens; }

 private:
  std::size_t read_quoted_code(std::string_view text, std::size_t at) noexcept;
  void close_with(char mark) noexcept;
  std::size_t read_plain_word(std::string_view text, std::size_t at) noexcept;
  void read_chunk(std::string_view chunk) noexcept;
  void read_core(std::string_view chunk, std::string_view raw) noexcept;
  void mention(std::string_view chunk) noexcept;
  void command(std::string_view chunk) noexcept;
  void words(std::string_view chunk) noexcept;
  void push_word(std::string_view word, std::uint32_t hash) noexcept;
  void push(Token::Sort sort, std::string_view text) noexcept;
  Token* add(std::string_view text) noexcept;

  std::string_view whole_;
  Scan& out_;
  std::size_t limit_ = max_tokens;
  bool starts_bullet_ = false;
};

}  // namespace codecrucible::classifier

#include "classifier/prose.hpp"

#include <array>

namespace codecrucible::classifier {
namespace {

enum : std::uint8_t { other = 0, letter = 1, digit = 2, high = 3 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] = letter;
  for (int c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] = letter;
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] = digit;
  for (std::size_t c = 0x80; c <= 0xff; ++c) classes[c] = high;
  return classes;
}
constexpr auto classes = make_classes();

// The small letter of an ASCII letter; 0 for every other byte.
constexpr std::array<std::uint8_t, 256> make_small_letters() {
  std::array<std::uint8_t, 256> small{};
  for (std::uint8_t c = 'a'; c <= 'z'; ++c) small[c] = small[static_cast<std::size_t>(c - 32)] = c;
  return small;
}
constexpr auto small_letters = make_small_letters();

std::uint8_t class_of(char c) noexcept {
  return classes[static_cast<unsigned char>(c)];
}
bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}
unsigned char lower(char c) noexcept {
  return static_cast<unsigned char>(is_upper(c) ? c | 0x20 : c);
}

bool letter_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && small_letters[static_cast<unsigned char>(text[at])] != 0;
}
bool ends_word(char c) noexcept {
  return c == '.' || c == ',' || c == ')' || c == '?' || c == ':' || c == '!' || c == ';';
}
// A run of bytes up to a space or a back-tick is read at once.
bool ends_chunk(char c) noexcept {
  return is_space(c) || c == '`';
}

}  // namespace

void ProseReader::end_sentence() noexcept {
  if (out_.count == 0 || out_.tokens[out_.count - 1].ends_sentence) return;
  out_.tokens[out_.count - 1].ends_sentence = true;
  ++out_.sentences;
}

void ProseReader::read(std::string_view text) noexcept {
  if (text.empty()) return;
  if (out_.count == 0) out_.shape.lower_start = text[0] >= 'a' && text[0] <= 'z';
  const char mark = text.back();
  out_.shape.last_mark = mark == '.' || mark == '?' || mark == '!' || mark == ':' ? mark : '\0';
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at >= text.size()) return;
    if (text[at] == '`') {
      at = read_quoted_code(text, at);
      continue;
    }
    std::size_t end = read_plain_word(text, at);
    if (end > at) {
      at = end;
      continue;
    }
    while (end < text.size() && !ends_chunk(text[end])) ++end;
    read_chunk(text.substr(at, end - at));
    at = end;
  }
}

std::size_t ProseReader::read_quoted_code(std::string_view text, std::size_t at) noexcept {
  std::size_t from = at;
  while (from < text.size() && text[from] == '`') ++from;
  const auto close = text.find('`', from);
  if (close == std::string_view::npos) return from;
  const auto inside = text.substr(from, close - from);
  ++out_.shape.backticks;
  const auto dot = inside.rfind('.');
  const bool file = dot != std::string_view::npos && dot > 0 && inside.size() - dot <= 6 &&
                    inside.size() - dot > 1 && inside.find_first_of(" ()") == std::string_view::npos;
  push(file ? Token::Sort::file : Token::Sort::identifier, inside);
  std::size_t end = close;
  while (end < text.size() && text[end] == '`') ++end;
  if (end < text.size() && (text[end] == '.' || text[end] == '?' || text[end] == '!')) {
    close_with(text[end]);
    ++end;
  }
  return end;
}

void ProseReader::close_with(char mark) noexcept {
  if (out_.count == 0) return;
  if (mark == '?') out_.tokens[out_.count - 1].question = true;
  end_sentence();
}

// The usual chunk in one pass: letters, at most one mark behind them. Gives where it ends, or `at` if the
// chunk is anything else; then nothing was read.
std::size_t ProseReader::read_plain_word(std::string_view text, std::size_t at) noexcept {
  std::uint32_t hash = hash_seed;
  bool was_small = false, camel_case = false;
  std::size_t end = at;
  for (; end < text.size(); ++end) {
    const auto byte = static_cast<unsigned char>(text[end]);
    const auto letter = small_letters[byte];
    if (letter == 0) {
      if (byte != '\'' || end == at || !letter_at(text, end + 1)) break;
      was_small = false;
      continue;
    }
    const bool small = letter == byte;
    camel_case |= was_small && !small;
    was_small = small;
    hash = hash_step(hash, letter);
  }
  if (camel_case) return at;
  if (end == at) return at;
  const auto word = text.substr(at, end - at);
  const char mark = end < text.size() && !ends_chunk(text[end]) ? text[end] : '\0';
  if (mark != '\0') {
    if (!ends_word(mark)) return at;
    ++end;
    if (end < text.size() && !ends_chunk(text[end])) return at;
  }
  push_word(word, hash);
  switch (mark) {
    case '\0':
      break;
    case ',':
    case ')':
      if (out_.count > 0) out_.tokens[out_.count - 1].clause = true;
      break;
    case '.':
      if (!word.ends_with("etc")) close_with('.');
      break;
    default:
      close_with(mark);
  }
  return end;
}

// A run of non-space bytes: one token, or several words joined by punctuation.
void ProseReader::read_chunk(std::string_view chunk) noexcept {
  const auto raw = chunk;
  while (!chunk.empty() && class_of(chunk.back()) == other && chunk.back() != '_' && chunk.back() != '/')
    chunk.remove_suffix(1);
  std::size_t first = 0;
  while (first < chunk.size() && class_of(chunk[first]) == other && chunk[first] != '-' &&
         chunk[first] != '/' && chunk[first] != '#' && chunk[first] != '@' && chunk[first] != '.' &&
         chunk[first] != '$')
    ++first;
  chunk.remove_prefix(first);
  if (!chunk.empty()) read_core(chunk, raw);
  if (out_.count > 0 && raw.size() > chunk.size() && (raw.back() == ',' || raw.back() == ')'))
    out_.tokens[out_.count - 1].clause = true;
  // The sentence ends with the chunk, not at "e.g." or "v1.2".
  for (std::size_t i = raw.size(); i > 0 && class_of(raw[i - 1]) == other; --i) {
    if (raw[i - 1] == '?') return close_with('?');
    if (raw[i - 1] == '!' || raw[i - 1] == '.' || raw[i - 1] == ':' || raw[i - 1] == ';') {
      if (!raw.ends_with("e.g.") && !raw.ends_with("i.e.") && !raw.ends_with("etc.")) close_with('.');
      return;
    }
  }
  if (raw.ends_with("？")) close_with('?');
  if (raw.ends_with("。") || raw.ends_with("！")) close_with('.');
}

void ProseReader::read_core(std::string_view chunk, std::string_view raw) noexcept {
  using Sort = Token::Sort;
  if (chunk.starts_with("http://") || chunk.starts_with("https://") || chunk.starts_with("www."))
    return push(Sort::url, chunk);
  if (chunk.size() > 1 && chunk[0] == '-' && (chunk[1] == '-' || class_of(chunk[1]) == letter))
    return push(Sort::flag, chunk);
  if (chunk[0] == '#' || chunk[0] == '@') return mention(chunk);
  std::size_t slashes = 0, dots = 0, unders = 0, inner_upper = 0, digits = 0, letters = 0, highs = 0, odd = 0;
  bool was_lower = false;
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    const char c = chunk[i];
    switch (class_of(c)) {
      case letter:
        ++letters;
        if (is_upper(c) && was_lower) ++inner_upper;
        was_lower = !is_upper(c);
        break;
      case digit:
        ++digits;
        was_lower = false;
        break;
      case high:
        ++highs;
        was_lower = false;
        break;
      default:
        was_lower = false;
        if (c == '/')
          ++slashes;
        else if (c == '.' && i + 1 < chunk.size())
          ++dots;
        else if (c == '_')
          ++unders;
        else if (c == '(' || c == '=' || c == '[' || c == '{' || c == '<' || c == '>' || c == '$')
          ++odd;
        else if (c == ':' && i + 1 < chunk.size() && chunk[i + 1] == ':')
          ++odd;
    }
  }
  if (chunk[0] == '/' && slashes == 1 && letters + 1 == chunk.size()) return command(chunk);
  if (slashes >= 2 || chunk[0] == '/' || chunk.starts_with("~/") || chunk.starts_with("./"))
    return push(Sort::path, chunk);
  if (letters == 0 && highs == 0) {
    if (digits > 0) push(Sort::number, chunk);
    return;
  }
  const auto dot = chunk.rfind('.');
  if (dots > 0 && dot > 0 && highs == 0) {
    const auto extension = chunk.size() - dot - 1;
    const bool plain = chunk.find_first_of("(=[,;", 0) == std::string_view::npos;
    if (plain && extension >= 1 && extension <= 5 && class_of(chunk[dot - 1]) != other)
      return push(Sort::file, chunk);
    if (plain && unders + inner_upper > 0) return push(Sort::identifier, chunk);
  }
  if (slashes == 1 && dots > 0) return push(Sort::path, chunk);
  if (highs == 0 && (unders > 0 || inner_upper > 0 || odd > 0) && letters > 1 && slashes == 0)
    return push(Sort::identifier, chunk);
  if (raw.size() > chunk.size() + 1 && raw.ends_with("()")) return push(Sort::identifier, chunk);
  words(chunk);
}

// "#file:a.ts" is a file at hand, "#selection" and "@workspace" point at one.
void ProseReader::mention(std::string_view chunk) noexcept {
  if (chunk.size() < 2) return;
  const bool file = chunk.starts_with("#file") || chunk.find('.') != std::string_view::npos;
  push(file ? Token::Sort::file : Token::Sort::mention, chunk);
  if (out_.count > 0) out_.tokens[out_.count - 1].kinds = bit(Kind::pointer);
}

// "/fix", "/tests": what editors' chat panels call commands. The name is part of the meaning.
void ProseReader::command(std::string_view chunk) noexcept {
  if (out_.count > 0 || chunk.size() < 3) return push(Token::Sort::path, chunk);
  std::uint32_t hash = hash_of(Token::Sort::command);
  std::uint32_t word = hash_seed;
  for (const char c : chunk.substr(1)) {
    hash = hash_step(hash, lower(c));
    word = hash_step(word, lower(c));
  }
  if (auto* token = add(chunk)) {
    token->hash = hash;
    token->sort = Token::Sort::command;
    token->kinds = kinds_of(word);
  }
}

void ProseReader::words(std::string_view chunk) noexcept {
  std::size_t at = 0;
  while (at < chunk.size()) {
    while (at < chunk.size() && class_of(chunk[at]) == other) ++at;
    const auto start = at;
    std::uint32_t hash = hash_seed;
    bool number = true;
    while (at < chunk.size()) {
      const auto kind = class_of(chunk[at]);
      if (kind == other) {
        // "c++", "c#": the sign belongs to the name. An apostrophe inside a word is dropped.
        if ((chunk[at] == '+' || chunk[at] == '#') && at - start <= 2 && at > start) {
          hash = chunk[at] == '#' ? hash_of("csharp") : hash_step(hash, '+');
          ++at;
          continue;
        }
        if (chunk[at] != '\'') break;
        ++at;
        continue;
      }
      if (kind == high && chunk.substr(at, 3) == "’") {
        at += 3;
        continue;
      }
      if (kind != digit) number = false;
      if (kind == high) ++out_.shape.other_script;
      hash = hash_step(hash, lower(chunk[at]));
      ++at;
    }
    if (at == start) continue;
    if (number) {
      push(Token::Sort::number, chunk.substr(start, at - start));
    } else {
      push_word(chunk.substr(start, at - start), hash);
    }
  }
}

void ProseReader::push_word(std::string_view word, std::uint32_t hash) noexcept {
  if (auto* token = add(word)) {
    token->hash = hash;
    token->kinds = kinds_of(hash);
  }
}

void ProseReader::push(Token::Sort sort, std::string_view text) noexcept {
  if (auto* token = add(text)) {
    token->sort = sort;
    token->hash = hash_of(sort);
  }
}

Token* ProseReader::add(std::string_view text) noexcept {
  if (out_.count >= limit_) return nullptr;
  auto& token = out_.tokens[out_.count++];
  token = Token{};
  token.start = static_cast<std::uint32_t>(text.data() - whole_.data());
  token.length = static_cast<std::uint16_t>(text.size() < 0xffff ? text.size() : 0xffff);
  token.sentence = out_.sentences;
  token.bullet = starts_bullet_;
  starts_bullet_ = false;
  return &token;
}

}  // namespace codecrucible::classifier

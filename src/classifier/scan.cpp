#include "classifier/scan.hpp"

#include "classifier/lines.hpp"

#include <algorithm>
#include <array>

namespace codecrucible::classifier {
namespace {

// Head and tail that are read of a text that is longer than both. The tail has tokens of its own: what is
// wanted often stands below the log or the code.
constexpr std::size_t head_bytes = 5 * 1024;
constexpr std::size_t tail_bytes = 3 * 1024;
constexpr std::size_t head_tokens = max_tokens - 512;

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

class Reader {
 public:
  Reader(std::string_view whole, Scan& out) noexcept : whole_(whole), out_(out) {}

  // `limit`: tokens there may be when it is done.
  void read(std::string_view text, std::size_t limit) noexcept {
    limit_ = limit;
    while (!text.empty()) {
      const auto end = text.find('\n');
      const auto line = text.substr(0, end);
      read_line(line);
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    end_sentence();
  }

  // Some of the text is left out: whether a fence is open is no longer known.
  void skip() noexcept { in_fence_ = in_file_ = after_code_ = false; }

 private:
  void read_line(std::string_view line) noexcept {
    auto& shape = out_.shape;
    ++shape.lines;
    if (in_fence_ || in_file_) {
      const auto start = line.find_first_not_of(" \t");
      const auto text = start == std::string_view::npos ? std::string_view{} : line.substr(start);
      if (in_fence_ && (text.starts_with("```") || text.starts_with("~~~"))) {
        in_fence_ = false;
      } else if (in_file_ && text.starts_with("</") && look_at(line, false).kind == LineKind::close_file) {
        in_file_ = false;
      } else if (looks_like_trace(text)) {
        ++shape.trace_lines;
      } else {
        if (text.starts_with("@@ -")) ++shape.diff_lines;
        count_code(line);
      }
      shape.code_last = true;
      after_code_ = true;
      return;
    }
    const auto seen = look_at(line, after_code_);
    switch (seen.kind) {
      case LineKind::blank:
        end_sentence();
        return;
      case LineKind::fence:
        // A fence that closes on its own line is a piece of code in prose.
        in_fence_ = seen.body.find("```", 3) == std::string_view::npos;
        ++shape.fences;
        mark_code();
        return;
      case LineKind::open_file:
        in_file_ = seen.body.find("</") == std::string_view::npos && !seen.body.ends_with("/>");
        ++shape.files;
        mark_code();
        return;
      case LineKind::close_file:
        return;
      case LineKind::code:
        count_code(line);
        mark_code();
        return;
      case LineKind::trace:
        ++shape.trace_lines;
        mark_code();
        read_prose(seen.body.substr(0, 300));
        return;
      case LineKind::diff:
        ++shape.diff_lines;
        mark_code();
        return;
      case LineKind::data:
        ++shape.data_lines;
        mark_code();
        return;
      case LineKind::bullet:
        ++shape.bullets;
        starts_bullet_ = true;
        break;
      case LineKind::heading:
        ++shape.headings;
        break;
      case LineKind::prose:
        break;
    }
    after_code_ = false;
    shape.code_last = false;
    ++shape.prose_lines;
    shape.prose_bytes += static_cast<std::uint32_t>(seen.body.size());
    read_prose(seen.body);
    end_sentence();
  }

  void count_code(std::string_view line) noexcept {
    ++out_.shape.code_lines;
    out_.shape.code_bytes += static_cast<std::uint32_t>(line.size());
  }
  void mark_code() noexcept {
    end_sentence();
    if (out_.count == 0) out_.shape.code_first = true;
    out_.shape.code_last = true;
    after_code_ = true;
  }

  void end_sentence() noexcept {
    if (out_.count == 0 || out_.tokens[out_.count - 1].ends_sentence) return;
    out_.tokens[out_.count - 1].ends_sentence = true;
    ++out_.sentences;
  }

  void read_prose(std::string_view text) noexcept {
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
      std::size_t end = at;
      while (end < text.size() && !is_space(text[end]) && text[end] != '`') ++end;
      read_chunk(text.substr(at, end - at));
      at = end;
    }
  }

  std::size_t read_quoted_code(std::string_view text, std::size_t at) noexcept {
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

  void close_with(char mark) noexcept {
    if (out_.count == 0) return;
    if (mark == '?') out_.tokens[out_.count - 1].question = true;
    end_sentence();
  }

  // A run of non-space bytes: one token, or several words joined by punctuation.
  void read_chunk(std::string_view chunk) noexcept {
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

  void read_core(std::string_view chunk, std::string_view raw) noexcept {
    using Sort = Token::Sort;
    if (chunk.starts_with("http://") || chunk.starts_with("https://") || chunk.starts_with("www."))
      return push(Sort::url, chunk);
    if (chunk.size() > 1 && chunk[0] == '-' && (chunk[1] == '-' || class_of(chunk[1]) == letter))
      return push(Sort::flag, chunk);
    if (chunk[0] == '#' || chunk[0] == '@') return mention(chunk);
    std::size_t slashes = 0, dots = 0, unders = 0, inner_upper = 0, digits = 0, letters = 0, highs = 0,
                odd = 0;
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
  void mention(std::string_view chunk) noexcept {
    if (chunk.size() < 2) return;
    const bool file = chunk.starts_with("#file") || chunk.find('.') != std::string_view::npos;
    push(file ? Token::Sort::file : Token::Sort::mention, chunk);
    if (out_.count > 0) out_.tokens[out_.count - 1].kinds = bit(Kind::pointer);
  }

  // "/fix", "/tests": what editors' chat panels call commands. The name is part of the meaning.
  void command(std::string_view chunk) noexcept {
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

  void words(std::string_view chunk) noexcept {
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
      } else if (auto* token = add(chunk.substr(start, at - start))) {
        token->hash = hash;
        token->kinds = kinds_of(hash);
      }
    }
  }

  void push(Token::Sort sort, std::string_view text) noexcept {
    if (auto* token = add(text)) {
      token->sort = sort;
      token->hash = hash_of(sort);
    }
  }

  Token* add(std::string_view text) noexcept {
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

  std::string_view whole_;
  Scan& out_;
  std::size_t limit_ = max_tokens;
  bool in_fence_ = false;
  bool in_file_ = false;
  bool after_code_ = false;
  bool starts_bullet_ = false;
};

}  // namespace

std::uint32_t hash_of(Token::Sort sort) noexcept {
  return 0x9e3779b9U * (static_cast<std::uint32_t>(sort) + 1);
}

void scan(std::string_view text, Scan& out) noexcept {
  out.shape = {};
  out.count = 0;
  out.sentences = 0;
  out.shape.bytes = static_cast<std::uint32_t>(text.size() < 0xffffffffU ? text.size() : 0xffffffffU);
  Reader reader(text, out);
  if (text.size() <= tail_bytes) return reader.read(text, max_tokens);
  auto split = text.size() - tail_bytes;
  const auto line = text.find('\n', split);
  if (line != std::string_view::npos && line < split + tail_bytes / 2) split = line + 1;
  out.shape.cut = split > head_bytes;
  reader.read(text.substr(0, std::min(split, head_bytes)), head_tokens);
  if (out.shape.cut) reader.skip();
  reader.read(text.substr(split), max_tokens);
}

}  // namespace codecrucible::classifier

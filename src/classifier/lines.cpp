#include "classifier/lines.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace codecrucible::classifier {
namespace {

bool starts(std::string_view text, std::string_view prefix) noexcept {
  return text.substr(0, prefix.size()) == prefix;
}
bool holds(std::string_view text, std::string_view part) noexcept {
  return text.find(part) != std::string_view::npos;
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) noexcept {
  return is_lower(static_cast<char>(c | 0x20)) || static_cast<unsigned char>(c) >= 0x80;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

// Openings that prose does not have. Those that are English words too ("for", "class") need the rest of the
// line to look like code and are judged by punctuation instead.
constexpr std::string_view code_openings[] = {
    "#include", "import ", "from ",        "def ",      "public ", "private ",  "protected ",  "const ",
    "let ",     "var ",    "function ",    "fn ",       "func ",   "package ",  "using ",      "namespace ",
    "return ",  "struct ", "class ",       "impl ",     "async ",  "export ",   "static ",     "void ",
    "int ",     "if (",    "if(",          "for (",     "for(",    "while (",   "while(",      "else",
    "try ",     "try:",    "except",       "elif ",     "} ",      "</",        "//",          "/*",
    "* @",      ">>> ",    "$ ",           "<!--",      "#!/",     "@Override", "SELECT ",     "FROM ",
    "WHERE ",   "INSERT ", "CREATE TABLE", "CREATE OR", "ALTER ",  "JOIN ",     "LEFT JOIN",   "GROUP BY",
    "ORDER BY", "#define", "#pragma",      "template<", "<?php",   "pub ",      "local ",      "end",
    "select ",  "sudo ",   "echo ",        "self.",     "std::",   "print(",    "console.log",
};

struct Count {
  std::size_t letters = 0, spaces = 0, marks = 0, commas = 0, pipes = 0, words = 0, digits = 0;
  bool high = false;  // bytes beyond ASCII
};

// What one byte adds to the counters, which lie side by side in one number: a line is counted in one addition
// per byte. Ten bits each, so at most 1,023 bytes may be counted.
constexpr unsigned counter_bits = 10;
constexpr std::size_t counted_bytes = 400;
enum Counter : unsigned { letter_count, space_count, mark_count, comma_count, pipe_count, digit_count };
constexpr std::uint64_t one(Counter counter) noexcept {
  return std::uint64_t{1} << (counter * counter_bits);
}
constexpr std::array<std::uint64_t, 256> make_steps() {
  std::array<std::uint64_t, 256> steps{};
  for (std::size_t c = 0; c < steps.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
    if (letter) steps[c] = one(letter_count);
    if (c >= '0' && c <= '9') steps[c] = one(digit_count);
  }
  steps[' '] = one(space_count);
  for (const char c : std::string_view("{};()[]=<>&|+$_\\@%^"))
    steps[static_cast<unsigned char>(c)] = one(mark_count);
  steps['|'] += one(pipe_count);
  steps[','] = steps['\t'] = one(comma_count);
  return steps;
}
constexpr auto steps = make_steps();

Count count(std::string_view text) noexcept {
  std::uint64_t sum = 0, before = 0;
  std::size_t words = 0;
  unsigned bytes = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const auto step = steps[byte];
    sum += step;
    words += step & ~before & one(letter_count);
    before = step;
    bytes |= byte;
  }
  const auto field = [sum](Counter counter) {
    return static_cast<std::size_t>(sum >> (counter * counter_bits) & ((1U << counter_bits) - 1));
  };
  return {field(letter_count), field(space_count), field(mark_count),
          field(comma_count),  field(pipe_count),  words,
          field(digit_count),  bytes >= 0x80};
}

constexpr std::array<bool, 256> make_firsts() {
  std::array<bool, 256> firsts{};
  for (const auto opening : code_openings) firsts[static_cast<unsigned char>(opening[0])] = true;
  return firsts;
}
constexpr auto opens_code = make_firsts();

bool looks_like_code(std::string_view text, const Count& n, bool indented, bool after_code) noexcept {
  if (text.size() < 2) return text == "{" || text == "}" || text == ")" || text == "]";
  const char last = text.back();
  const bool marked = n.marks >= 1 || last == ':' || last == ';' || last == '{' || last == '}';
  if ((marked || (after_code && n.words <= 5)) && opens_code[static_cast<unsigned char>(text[0])]) {
    for (const auto opening : code_openings) {
      if (starts(text, opening)) return n.words < 12 || n.marks >= 4;
    }
  }
  if (last == ';' || last == '{' || last == '}') return n.words < 14 || n.marks * 8 >= text.size();
  if (starts(text, "<") && holds(text, ">") && n.marks >= 2 && is_letter(text[1] == '/' ? 'a' : text[1]))
    return true;
  if (n.marks >= 1 && n.words <= 10 && !n.high &&
      (holds(text, " = ") || holds(text, "=>") || holds(text, "->") || holds(text, "==") ||
       holds(text, " := ") || holds(text, "<-")))
    return true;
  if (n.marks * 6 >= text.size() && n.words < 10) return true;
  if (starts(text, "#") && after_code) return true;
  if (indented && after_code && (n.marks > 0 || n.words <= 4)) return true;
  return indented && n.marks >= 2 && n.words <= 10;
}

// "error CS0103", "error TS2322". The rare letters are looked for first.
bool numbered_error(std::string_view text, std::string_view mark) noexcept {
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1))
    if (text.substr(0, at).ends_with("error ")) return true;
  return false;
}

}  // namespace

bool looks_like_trace(std::string_view text) noexcept {
  if (text.size() < 6) return false;
  if (starts(text, "Traceback (most") || starts(text, "File \"") || starts(text, "Caused by:")) return true;
  if (starts(text, "at ") && holds(text, "(") && holds(text, ":")) return true;
  if (starts(text, "E   ") || starts(text, "npm ERR") || starts(text, "error[") || starts(text, "panic:"))
    return true;
  const auto colon = text.find(':');
  if (colon > 120) return false;  // also when there is none
  const auto head = text.substr(0, colon);
  if (head.size() < 90 &&
      (head.ends_with("Error") || head.ends_with("Exception") || head.ends_with("ERROR")) &&
      !holds(head, "  "))
    return true;
  if (starts(text, "error:") || starts(text, "Error:") || starts(text, "ERROR:") || starts(text, "fatal:") ||
      starts(text, "warning:"))
    return true;
  // file.c:12:5: error: …
  if (colon + 1 < text.size() && is_digit(text[colon + 1]) && holds(head, ".") && !holds(head, " "))
    return true;
  return holds(text, ": error ") || numbered_error(text, "CS") || numbered_error(text, "TS");
}

Line look_at(std::string_view line, bool after_code) noexcept {
  const auto text = trim(line);
  if (text.empty()) return {LineKind::blank, {}};
  const bool indented = line.size() >= 4 && (line[0] == '\t' || starts(line, "    "));
  if (starts(text, "```") || starts(text, "~~~")) return {LineKind::fence, text};
  if (text[0] == '<' && text.size() < 400) {
    if (starts(text, "<file") || starts(text, "<document") || starts(text, "<attachment") ||
        starts(text, "<file_content"))
      return {LineKind::open_file, text};
    if (starts(text, "</file") || starts(text, "</document") || starts(text, "</attachment"))
      return {LineKind::close_file, text};
  }
  if (looks_like_trace(text)) return {LineKind::trace, text};
  if (starts(text, "diff --git") || starts(text, "@@ -") || starts(text, "+++ ") || starts(text, "--- a/"))
    return {LineKind::diff, text};
  // List markers before anything else that punctuation could mean.
  if (text.size() > 2 && (text[0] == '-' || text[0] == '*') && text[1] == ' ')
    return {LineKind::bullet, trim(text.substr(2))};
  if (starts(text, "• ") || starts(text, "•\t") || starts(text, "– "))
    return {LineKind::bullet, trim(text.substr(4))};
  std::size_t digits = 0;
  while (digits < text.size() && digits < 3 && is_digit(text[digits])) ++digits;
  if (digits > 0 && digits + 1 < text.size() && (text[digits] == '.' || text[digits] == ')') &&
      !is_digit(text[digits + 1]))
    return {LineKind::bullet, trim(text.substr(digits + 1))};
  if (text[0] == '#' && !after_code) {
    std::size_t level = 0;
    while (level < text.size() && text[level] == '#') ++level;
    if (level <= 6 && level < text.size() && text[level] == ' ')
      return {LineKind::heading, trim(text.substr(level))};
  }
  const auto n = count(text.substr(0, counted_bytes));
  if (n.pipes >= 2 && text.front() == '|') return {LineKind::data, text};
  if (looks_like_code(text.substr(0, counted_bytes), n, indented, after_code)) return {LineKind::code, text};
  if ((n.commas >= 3 && n.digits * 3 >= n.letters && n.words < n.commas + 4) ||
      (n.digits > n.letters * 2 && text.size() > 12))
    return {LineKind::data, text};
  return {LineKind::prose, text};
}

}  // namespace codecrucible::classifier

#include "classifier/lines.hpp"

#include <array>
#include <cstddef>

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
  std::size_t letters = 0, spaces = 0, marks = 0, commas = 0, pipes = 0, words = 0, digits = 0, high = 0;
};

Count count(std::string_view text) noexcept {
  Count n;
  bool in_word = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool word = is_letter(c);
    if (word) {
      ++n.letters;
      if (byte >= 0x80) ++n.high;
      if (!in_word) ++n.words;
    } else if (is_digit(c)) {
      ++n.digits;
    } else if (c == ' ') {
      ++n.spaces;
    } else {
      if (c == ',' || c == '\t') ++n.commas;
      if (c == '|') ++n.pipes;
      switch (c) {
        case '{':
        case '}':
        case ';':
        case '(':
        case ')':
        case '[':
        case ']':
        case '=':
        case '<':
        case '>':
        case '&':
        case '|':
        case '+':
        case '$':
        case '_':
        case '\\':
        case '@':
        case '%':
        case '^':
          ++n.marks;
          break;
        default:
          break;
      }
    }
    in_word = word;
  }
  return n;
}

bool looks_like_code(std::string_view text, bool indented, bool after_code) noexcept {
  if (text.size() < 2) return text == "{" || text == "}" || text == ")" || text == "]";
  const char last = text.back();
  const auto n = count(text);
  const bool marked = n.marks >= 1 || last == ':' || last == ';' || last == '{' || last == '}';
  if (marked || (after_code && n.words <= 5)) {
    for (const auto opening : code_openings) {
      if (starts(text, opening)) return n.words < 12 || n.marks >= 4;
    }
  }
  if (last == ';' || last == '{' || last == '}') return n.words < 14 || n.marks * 8 >= text.size();
  if (starts(text, "<") && holds(text, ">") && n.marks >= 2 && is_letter(text[1] == '/' ? 'a' : text[1]))
    return true;
  if ((holds(text, " = ") || holds(text, "=>") || holds(text, "->") || holds(text, "==") ||
       holds(text, " := ") || holds(text, "<-")) &&
      n.words <= 10 && n.high == 0)
    return n.marks >= 1;
  if (n.marks * 6 >= text.size() && n.words < 10) return true;
  if (starts(text, "#") && after_code) return true;
  if (indented && after_code && (n.marks > 0 || n.words <= 4)) return true;
  return indented && n.marks >= 2 && n.words <= 10;
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
  return holds(text, "): error ") || holds(text, ": error ") || holds(text, "error CS") ||
         holds(text, "error TS");
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
  const auto n = count(text.substr(0, 400));
  if (n.pipes >= 2 && text.front() == '|') return {LineKind::data, text};
  if (looks_like_code(text.substr(0, 400), indented, after_code)) return {LineKind::code, text};
  if ((n.commas >= 3 && n.digits * 3 >= n.letters && n.words < n.commas + 4) ||
      (n.digits > n.letters * 2 && text.size() > 12))
    return {LineKind::data, text};
  return {LineKind::prose, text};
}

}  // namespace codecrucible::classifier

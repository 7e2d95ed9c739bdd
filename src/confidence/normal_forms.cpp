#include "confidence/normal_forms.hpp"

#include "confidence/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace codecrucible::confidence {
namespace {

// Inside of the first fence; nothing if there is none.
std::optional<std::string_view> fenced(std::string_view answer) {
  const auto open = answer.find("```");
  if (open == std::string_view::npos) return std::nullopt;
  const auto line = answer.find('\n', open);
  if (line == std::string_view::npos) return std::nullopt;
  const auto close = answer.find("```", line);
  return trimmed(answer.substr(line + 1, close == std::string_view::npos ? close : close - line - 1));
}

std::string_view in_backticks(std::string_view answer) {
  const auto open = answer.find('`');
  const auto close = open == std::string_view::npos ? open : answer.find('`', open + 1);
  return close == std::string_view::npos ? std::string_view{} : answer.substr(open + 1, close - open - 1);
}

std::string_view first_line(std::string_view text) {
  return trimmed(text.substr(0, text.find('\n')));
}

// Words as a shell splits them; quotes that hold nothing special vanish.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '\'' || c == '"') {
      const auto end = line.find(c, at + 1);
      if (end == std::string_view::npos) {
        word += c;
      } else {
        word += line.substr(at + 1, end - at - 1);
        at = end;
      }
      inside = true;
    } else if (is_space(c)) {
      if (inside) words.push_back(std::move(word));
      word.clear();
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

}  // namespace

std::optional<std::string> normal_command(std::string_view answer) {
  std::string_view line;
  if (const auto code = fenced(answer)) {
    line = *code;
    while (!line.empty() && line.front() == '#')
      line = trimmed(line.substr(std::min(line.size(), line.find('\n'))));
    line = first_line(line);
  } else if (const auto inline_code = in_backticks(answer); !inline_code.empty()) {
    line = inline_code;
  } else {
    line = trimmed(answer);
    if (line.find('\n') != std::string_view::npos) return std::nullopt;
  }
  if (line.starts_with("$ ")) line.remove_prefix(2);
  auto words = shell_words(line);
  if (words.empty()) return std::nullopt;
  // Bundled short flags that stand together are a set: -la, -al, -l -a. Only where no value follows between
  // them.
  std::string out, flags;
  const auto flush = [&] {
    if (flags.empty()) return;
    std::sort(flags.begin(), flags.end());
    out += " -" + flags;
    flags.clear();
  };
  for (const auto& word : words) {
    const bool bundle = word.size() > 1 && word.size() <= 4 && word[0] == '-' && is_letter(word[1]) &&
                        std::all_of(word.begin() + 1, word.end(), is_letter);
    if (bundle) {
      flags += word.substr(1);
      continue;
    }
    flush();
    if (!out.empty()) out += ' ';
    out += word;
  }
  flush();
  return out;
}

std::optional<std::string> normal_json(std::string_view answer) {
  auto text = trimmed(answer);
  if (const auto code = fenced(answer)) text = *code;
  auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);  // members are kept sorted
}

std::optional<std::string> normal_label(std::string_view answer) {
  auto line = first_line(trimmed(answer));
  if (line.size() > 64) return std::nullopt;
  const auto of_label = [](char c) { return is_letter(c) || is_digit(c); };
  while (!line.empty() && !of_label(line.front())) line.remove_prefix(1);
  while (!line.empty() && !of_label(line.back())) line.remove_suffix(1);
  return line.empty() ? std::nullopt : std::optional(lowered(line));
}

std::optional<std::string> normal_code(std::string_view answer) {
  const auto code = fenced(answer);
  if (!code || code->empty()) return std::nullopt;
  std::string out;
  char quote = 0;
  for (std::size_t at = 0; at < code->size(); ++at) {
    const char c = (*code)[at];
    const char next = at + 1 < code->size() ? (*code)[at + 1] : '\0';
    if (quote != 0) {
      out += c;
      if (c == '\\' && next != 0)
        out += (*code)[++at];
      else if (c == quote || c == '\n')
        quote = 0;
      continue;
    }
    const bool line_start = at == 0 || is_space((*code)[at - 1]);
    if ((c == '#' && line_start && next != 'i' && next != 'd') || (c == '/' && next == '/')) {
      while (at < code->size() && (*code)[at] != '\n') ++at;
      --at;
    } else if (c == '/' && next == '*') {
      const auto end = code->find("*/", at + 2);
      at = end == std::string_view::npos ? code->size() : end + 1;
    } else if (!is_space(c)) {
      if (c == '"' || c == '\'') quote = c;
      // Blanks matter only between words.
      if (at > 0 && is_space((*code)[at - 1]) && !out.empty() &&
          (is_letter(out.back()) || is_digit(out.back())) && (is_letter(c) || is_digit(c)))
        out += ' ';
      out += c;
    }
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace codecrucible::confidence

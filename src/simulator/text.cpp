#include "simulator/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace codecrucible::simulator {
namespace {

std::uint64_t hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t h = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  h ^= h >> 29;
  h *= 0xbf58476d1ce4e5b9ULL;
  return h ^ (h >> 32);
}

// The text between a mark like "[[words:" and "]]"; empty if absent.
std::string_view between(std::string_view prompt, std::string_view mark) {
  const auto at = prompt.find(mark);
  if (at == std::string_view::npos) return {};
  const auto rest = prompt.substr(at + mark.size());
  const auto end = rest.find("]]");
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

constexpr std::array<std::string_view, 24> vocabulary{
    "value",  "function", "returns", "list",    "index",  "checks", "input",   "before",
    "result", "each",     "module",  "handles", "error",  "cache",  "request", "pattern",
    "reader", "writes",   "state",   "test",    "covers", "path",   "simple",  "clear"};

}  // namespace

std::string answer_mark(std::string_view prompt, std::string_view model) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(hash(prompt, hash(model, 7))));
  return digits;
}

std::optional<std::string_view> wish_for(std::string_view prompt, std::string_view word,
                                         std::string_view model) {
  std::string mark = "[[";
  mark.append(word).append("@").append(model).append(":");
  const auto at = prompt.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = prompt.substr(at + mark.size());
  return rest.substr(0, rest.find("]]"));
}

std::vector<WishedCall> wished_calls(std::string_view prompt) {
  constexpr std::string_view mark = "[[call:";
  std::vector<WishedCall> calls;
  for (auto at = prompt.find(mark); at != std::string_view::npos; at = prompt.find(mark, at + 1)) {
    const auto call = between(prompt.substr(at), mark);
    const auto blank = std::min(call.find(' '), call.size());
    if (!call.empty())
      calls.push_back({call.substr(0, blank), call.substr(std::min(blank + 1, call.size()))});
  }
  return calls;
}

double logprob_of(std::string_view token, std::string_view prompt, std::string_view model) {
  if (const auto wished = wish_for(prompt, "logprob", model)) {
    return std::strtod(std::string(*wished).c_str(), nullptr);
  }
  return std::log(0.5 + 0.49 * static_cast<double>(token.size() % 7) / 7);
}

std::string answer_for(std::string_view prompt, std::string_view model) {
  if (const auto said = wish_for(prompt, "say", model)) return std::string(*said);
  if (const auto said = between(prompt, "[[say:"); !said.empty()) return std::string(said);
  const std::string mark = answer_mark(prompt, model);
  std::uint64_t state = hash(prompt, 11);
  std::size_t words = 24 + state % 40;
  if (const auto wanted = between(prompt, "[[words:"); !wanted.empty()) {
    std::from_chars(wanted.data(), wanted.data() + wanted.size(), words);
  }
  std::string text = "Simulated answer " + mark + ":";
  const bool code = prompt.find("code") != std::string_view::npos ||
                    prompt.find("function") != std::string_view::npos ||
                    prompt.find("component") != std::string_view::npos;
  if (code) text += "\n\n```python\ndef simulated():\n    return \"" + mark + "\"\n```\n\n";
  for (std::size_t i = 0; i < words; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    text += ' ';
    text += vocabulary[(state >> 33) % vocabulary.size()];
    if (i % 12 == 11) text += '.';
  }
  return text + " End of " + mark + ".";
}

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  std::size_t start = 0;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    const bool cut = i == text.size() ||
                     ((text[i] == ' ' || text[i] == '\n') && text[i - 1] != ' ' && text[i - 1] != '\n');
    if (!cut) continue;
    tokens.emplace_back(text.substr(start, i - start));
    start = i;
  }
  return tokens;
}

std::string joined(const std::vector<std::string>& tokens) {
  std::string text;
  for (const auto& token : tokens) text += token;
  return text;
}

std::int64_t count_tokens(std::string_view text) {
  return static_cast<std::int64_t>((text.size() + 3) / 4);
}

std::vector<float> vector_for(std::string_view text, std::size_t dimensions) {
  std::vector<float> vector(dimensions, 0.0F);
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
    const auto h = hash(text.substr(i, 3), 3);
    vector[h % dimensions] += (h >> 40) & 1 ? 1.0F : -1.0F;
  }
  float length = 0;
  for (const float x : vector) length += x * x;
  if (length == 0) {
    vector[0] = 1;
    return vector;
  }
  for (float& x : vector) x /= std::sqrt(length);
  return vector;
}

}  // namespace codecrucible::simulator

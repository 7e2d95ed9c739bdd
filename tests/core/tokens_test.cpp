#include "core/tokens.hpp"

#include "core/chat.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codecrucible;

TEST_CASE("tokens: english is estimated within a tenth of real vocabularies") {
  constexpr std::string_view text =
      "The gateway reads a request once, works out what kind of task it is, and sends i"
      "t to the model that will give the best answer for the time it costs. If that mod"
      "el is not in memory yet, the request waits in a short queue while the load goes "
      "on, and the client is told its position. Nothing that is already being generated"
      " is ever interrupted to make room for a newcomer.";
  // Counted once with cl100k (80) and o200k (80).
  CHECK(core::estimate_tokens(text) == doctest::Approx(80.0).epsilon(0.1));
}

TEST_CASE("tokens: cpp is estimated within a tenth of real vocabularies") {
  constexpr std::string_view text =
      "template <class Key, class Value>\nstd::optional<Value> lookup(const std::unorder"
      "ed_map<Key, Value>& table, const Key& key) {\n  const auto found = table.find(key"
      ");\n  if (found == table.end()) return std::nullopt;\n  return found->second;  // "
      "a copy: the table may change\n}\n\nint main(int argc, char** argv) {\n  for (int i ="
      " 1; i < argc; ++i) {\n    std::printf(\"%d: %s\\n\", i, argv[i]);\n  }\n  return 0;\n}\n";
  // Counted once with cl100k (123) and o200k (122).
  CHECK(core::estimate_tokens(text) == doctest::Approx(122.5).epsilon(0.1));
}

TEST_CASE("tokens: python is estimated within a tenth of real vocabularies") {
  constexpr std::string_view text =
      "def read_rows(path, limit=None):\n    \"\"\"Yield dictionaries, one per line of a CS"
      "V file.\"\"\"\n    with open(path, newline='') as handle:\n        for index, row in "
      "enumerate(csv.DictReader(handle)):\n            if limit is not None and index >="
      " limit:\n                break\n            yield {key.strip().lower(): value for "
      "key, value in row.items()}\n";
  // Counted once with cl100k (75) and o200k (75).
  CHECK(core::estimate_tokens(text) == doctest::Approx(75.0).epsilon(0.1));
}

TEST_CASE("tokens: any bytes give a count and length scales it") {
  CHECK(core::estimate_tokens("") == 0);
  CHECK(core::estimate_tokens("a") == 1);
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(core::estimate_tokens(all) > 50);
  const std::string sentence = "The quick brown fox jumps over the lazy dog. ";
  std::string book;
  for (int i = 0; i < 1000; ++i) book += sentence;
  CHECK(core::estimate_tokens(book) == doctest::Approx(10'000).epsilon(0.1));
}

TEST_CASE("tokens: a request counts with all that goes into its prompt") {
  core::Arena arena;
  core::ChatRequest request(arena);
  const std::string text = "The quick brown fox jumps over the lazy dog. ";
  const auto one = core::estimate_tokens(text);
  auto& message = request.messages.emplace_back();
  message.parts.emplace_back().text = text;
  CHECK(core::estimate_tokens(request) == one);
  message.tool_calls.emplace_back().arguments = text;
  request.tools.emplace_back().description = text;
  CHECK(core::estimate_tokens(request) == 3 * one);
}

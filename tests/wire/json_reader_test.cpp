#include "wire/json_reader.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

using namespace codecrucible;
using wire::JsonReader;
using wire::JsonString;

namespace {

bool valid(std::string_view text) {
  JsonReader json(text);
  return json.skip() && json.at_end();
}

}  // namespace

TEST_CASE("json: what is valid is accepted") {
  for (const char* text : {"{}", "[]", " [ ] ", "0", "-0", "-0.5e+10", "1E5", "\"\"", "\"a\\n\\u00e9\\\\\"",
                           "true", "false", "null", "{\"a\":[1,{\"b\":null}],\"c\":{}}", "[[],[[]]]",
                           "\"\xC3\xA9\xF0\x9F\x98\x80\"", "\t\r\n1 "}) {
    CAPTURE(text);
    CHECK(valid(text));
  }
}

TEST_CASE("json: what is broken is refused") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{,}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "[1 2]",
                           "01",
                           "1.",
                           ".5",
                           "-",
                           "+1",
                           "1e",
                           "1e+",
                           "tru",
                           "nul",
                           "falsy",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\",
                           "\"a\nb\"",
                           "\"\xC3\"",
                           "\"\xC0\x80\"",
                           "\"\xED\xA0\x80\"",
                           "\"\xF5\x80\x80\x80\"",
                           "\"\xFF\"",
                           "1 1",
                           "{} x",
                           "[1]]",
                           "nan",
                           "Infinity",
                           "/**/1"}) {
    CAPTURE(text);
    CHECK_FALSE(valid(text));
  }
}

TEST_CASE("json: random damage is judged as by a second parser") {
  const std::string seed =
      R"({"model":"m","messages":[{"role":"user","content":"h\u00e9llo \"x\" 😀 漢字"}],"n":-1.5e3,"s":[true,false,null,{}]})";
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    std::string text = seed;
    const int edits = 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < edits; ++i) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text.erase(at, 1 + random() % 3);
          break;
        case 1:
          text.insert(at, 1, "{}[],:\"\\0-e.tn \x80\xE6"[random() % 18]);
          break;
        default:
          text[at] = static_cast<char>(random());
      }
      if (text.empty()) text = "x";
    }
    CAPTURE(text);
    REQUIRE(valid(text) == nlohmann::json::accept(text));
  }
}

TEST_CASE("json: deep nesting is refused, not followed") {
  CHECK(valid(std::string(128, '[') + std::string(128, ']')));
  CHECK_FALSE(valid(std::string(129, '[') + std::string(129, ']')));
  CHECK_FALSE(valid(std::string(1000000, '[')));
}

TEST_CASE("json: escapes mean what the standard says") {
  core::Arena arena;
  const auto meaning = [&](std::string_view text) {
    JsonReader json(text);
    JsonString string;
    REQUIRE(json.read_string(string));
    return std::string(wire::unescape(string, arena));
  };
  CHECK(meaning(R"("a\"\\\/\b\f\n\r\tz")") == "a\"\\/\b\f\n\r\tz");
  CHECK(meaning(R"("\u0041\u00e9\u6f22\ud83d\ude00")") == "A\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80");
  CHECK(meaning(R"("\ud83dx")") == "\xEF\xBF\xBDx");
  CHECK(meaning(R"("\ude00\ud83d")") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(meaning(R"("\ud83d\ud83d\ude00")") == "\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

TEST_CASE("json: a string without escapes is a view into the text") {
  const std::string text = R"({"key":"plain text that is long enough for the fast way"})";
  JsonReader json(text);
  JsonString key, value;
  REQUIRE(json.enter_object());
  REQUIRE(json.next_key(key));
  CHECK(key.raw == "key");
  REQUIRE(json.read_string(value));
  CHECK(value.raw.data() == text.data() + 8);
  CHECK_FALSE(value.escaped);
  CHECK_FALSE(json.next_key(key));
  CHECK(json.at_end());
}

TEST_CASE("json: numbers are read exactly or not at all") {
  CHECK(wire::integer_of("9223372036854775807") == 9223372036854775807LL);
  CHECK(wire::integer_of("3.0") == 3);
  CHECK(wire::integer_of("3e2") == 300);
  CHECK_FALSE(wire::integer_of("3.5"));
  CHECK_FALSE(wire::integer_of("99999999999999999999"));
  CHECK_FALSE(wire::double_of("1e999"));
  CHECK(wire::double_of("0.25") == 0.25);
}

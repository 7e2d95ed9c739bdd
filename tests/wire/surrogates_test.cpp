#include "wire/surrogates.hpp"

#include "wire/anthropic/client.hpp"
#include "wire/json_reader.hpp"
#include "wire/ollama/client.hpp"
#include "wire/ollama/strict_json.hpp"
#include "wire/openai/client.hpp"
#include "wire/responses/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

using namespace codecrucible;

namespace {

std::string mended(std::string text) {
  wire::mend_lone_surrogates(text.data(), text.size());
  return text;
}

bool taken(const std::string& text) {
  wire::JsonReader json(text);
  json.refuse_lone_surrogates();
  return json.skip() && json.at_end();
}

// A request of each dialect with a JSON string in it; true if its reader takes it.
template <class Decode>
bool reads(std::string body, Decode decode) {
  const std::size_t size = body.size();
  body.append(64, '\0');
  core::Arena arena;
  core::ChatRequest request(arena);
  return static_cast<bool>(decode(std::string_view(body.data(), size), arena, request));
}

struct NoRecall final : wire::responses::Recall {
  bool conversation(std::string_view, std::vector<std::string_view>&) override { return false; }
  std::string_view item(std::string_view) override { return {}; }
};

}  // namespace

TEST_CASE("surrogates: pairs are characters, halves are not, and an escaped backslash begins no escape") {
  for (const char* const whole :
       {R"("")", R"("\ud83d\ude42")", R"("\uD83D\uDE42")", R"("\ud7ff\ue000")", R"("\\ud800")",
        R"("\\\\udc00")", R"("d800 ud800")", R"("\u00e9\ud83d\ude42\n")"}) {
    CAPTURE(whole);
    CHECK_FALSE(wire::has_lone_surrogate(whole));
    CHECK(taken(whole));
    CHECK(mended(whole) == whole);
  }
  const std::pair<const char*, const char*> halves[] = {
      {R"("\ud800")", R"("\ufffd")"},
      {R"("\uDFFF")", R"("\ufffd")"},
      {R"("\ude42\ud83d")", R"("\ufffd\ufffd")"},
      {R"("\ud83d\ud83d\ude42")", R"("\ufffd\ud83d\ude42")"},
      {R"("\ud83d\ude42\ude42")", R"("\ud83d\ude42\ufffd")"},
      {R"("\ud83d\\ude42")", R"("\ufffd\\ude42")"},
      {R"("\\\ud83d x")", R"("\\\ufffd x")"},
      {R"({"\udc00":1})", R"({"\ufffd":1})"},
      {R"("\ud83d\u0041")", R"("\ufffd\u0041")"}};
  for (const auto& [half, whole] : halves) {
    CAPTURE(half);
    CHECK(wire::has_lone_surrogate(half));
    CHECK_FALSE(taken(half));
    CHECK(mended(half) == whole);
    CHECK(taken(whole));
  }
}

TEST_CASE("surrogates: text that is no JSON is not made into JSON") {
  for (const char* const broken : {R"("\ud8")", R"("\ud8",")", R"("\ud80)", R"("\ud8)", R"("\u)", R"("\)",
                                   R"("\ud83d\ude")", R"(\ud83d\u)"}) {
    CAPTURE(broken);
    CHECK_FALSE(taken(broken));
    CHECK_FALSE(taken(mended(broken)));
  }
}

TEST_CASE("surrogates: whatever is mended is what another reader takes it for") {
  std::mt19937 random(11);
  const char* const pieces[] = {R"(\ud83d)", R"(\ude42)", R"(\\)",     "a",
                                R"(\n)",     R"(\u0041)", R"(\uDBFF)", "ud800"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "\"";
    for (unsigned n = random() % 8; n > 0; --n) text += pieces[random() % std::size(pieces)];
    text += '"';
    const auto other = nlohmann::json::parse(text, nullptr, false);
    REQUIRE_MESSAGE(taken(text) == !other.is_discarded(), text);
    REQUIRE_MESSAGE(wire::has_lone_surrogate(text) == other.is_discarded(), text);
    REQUIRE_MESSAGE(!nlohmann::json::parse(mended(text), nullptr, false).is_discarded(), text);
  }
}

TEST_CASE("surrogates: each dialect's reader refuses a half and takes what was mended") {
  const std::string schema = R"({"type":"object","properties":{"a":{"type":"string","description":"?"}}})";
  const std::string chat = R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"?"}]})";
  const std::string tool =
      R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[)";
  const std::string flat = R"({"model":"m","input":"?"})";
  const auto openai = [](auto body, auto& arena, auto& request) {
    wire::openai::SourceMap source;
    return wire::openai::decode_chat(body, arena, request, source);
  };
  const auto anthropic = [](auto body, auto& arena, auto& request) {
    wire::anthropic::Wishes wishes;
    return wire::anthropic::decode(body, arena, request, wishes);
  };
  const auto ollama = [](auto body, auto& arena, auto& request) {
    return wire::ollama::decode_chat(body, arena, request);
  };
  const auto function = R"({"type":"function","function":{"name":"f","parameters":)" + schema + "}}]}";
  const auto check = [](const std::string& form, auto decode) {
    for (const char* const half : {R"(cut \ud83d)", R"(\ude42 cut)", R"(\ud83d\ud83d\ude42)"}) {
      std::string body = form;
      body.replace(body.find('?'), 1, half);
      CAPTURE(body);
      CHECK_FALSE(reads(body, decode));
      CHECK(reads(mended(body), decode));
    }
    std::string body = form;
    CHECK(reads(body.replace(body.find('?'), 1, R"(\ud83d\ude42)"), decode));
  };
  check(chat, openai);
  check(tool + function, openai);
  check(chat, anthropic);
  check(tool + R"({"name":"f","input_schema":)" + schema + "}]}", anthropic);
  check(flat, [](auto body, auto& arena, auto& request) {
    wire::responses::Asked asked;
    NoRecall recall;
    return wire::responses::decode(body, arena, request, asked, recall);
  });
  check(chat, ollama);
  check(tool + function, ollama);
}

TEST_CASE("surrogates: a tool's arguments, JSON inside of a string, are mended where they become an object") {
  std::string out;
  wire::ollama::append_arguments(out, R"({"text":"cut \ud83d"})");
  CHECK(out == R"({"text":"cut \ufffd"})");
}

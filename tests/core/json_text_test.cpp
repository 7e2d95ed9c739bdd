#include "core/json_text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace codecrucible::core;

TEST_CASE("json text: every ASCII byte at every place of a word reads back the same") {
  for (int byte = 0; byte < 0x80; ++byte) {
    for (std::size_t place = 0; place < 19; ++place) {
      std::string text(19, 'x');
      text[place] = static_cast<char>(byte);
      std::string out;
      append_string(out, text);
      CAPTURE(out);
      const auto back = nlohmann::json::parse(out, nullptr, false);
      REQUIRE(back.is_string());
      CHECK(back.get<std::string>() == text);
      const bool plain = byte >= 0x20 && byte != '"' && byte != '\\';
      CHECK((out.size() == text.size() + 2) == plain);
    }
  }
}

TEST_CASE("json text: signs beyond ASCII stay as they are, wherever escapes stand beside them") {
  const std::string text = "größe\t\"Ж\"\n日本語\\ 🙂 ende";
  std::string out;
  append_string(out, text);
  CHECK(nlohmann::json::parse(out).get<std::string>() == text);
  CHECK(out.find("🙂") != std::string::npos);
}

TEST_CASE("json text: a number reads back the same, short where it can be") {
  const auto text = [](double value) {
    std::string out;
    append_double(out, value);
    return out;
  };
  CHECK(text(0.1) == "0.1");
  CHECK(text(-2.5) == "-2.5");
  CHECK(text(0.000001) == "0.000001");
  CHECK(text(12) == "12");
  CHECK(text(0) == "0");
  CHECK(text(std::nan("")) == "null");
  CHECK(text(std::numeric_limits<double>::infinity()) == "null");
  double value = 1e-12;
  for (int i = 0; i < 2000; ++i) {
    value *= 1.0291;
    for (const double each : {value, -value, std::round(value * 1e4) / 1e4, std::floor(value)}) {
      CAPTURE(text(each));
      CHECK(std::stod(text(each)) == each);
    }
  }
}

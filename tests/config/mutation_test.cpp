#include "config/load.hpp"
#include "config/yaml.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace codecrucible;

namespace {

// Pieces that break YAML in ways that single letters seldom do.
const std::vector<std::string> pieces{"\n",
                                      ": ",
                                      "- ",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      "&a ",
                                      "*a",
                                      "<<: *a",
                                      "!!int ",
                                      "|\n",
                                      ">-\n",
                                      "\"",
                                      "'",
                                      "#",
                                      "${",
                                      "${X}",
                                      "$$",
                                      "\t",
                                      "\r\n",
                                      "---\n",
                                      "...\n",
                                      "%YAML 9.9\n",
                                      "\xff",
                                      std::string(1, '\0'),
                                      "99999999999999999999",
                                      "-1",
                                      "1e999",
                                      "nan",
                                      "~",
                                      "hybrid:\n",
                                      "rules:\n",
                                      "? ",
                                      "\xef\xbb\xbf",
                                      "0x10",
                                      "  ",
                                      "        "};

std::string mutated(std::string text, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
  for (std::size_t change = 1 + below(6); change-- > 0;) {
    const std::size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0:
        text.insert(at, pieces[below(pieces.size())]);
        break;
      case 1:
        text.erase(at, 1 + below(20));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 3: {  // a piece moves elsewhere
        const std::string piece = text.substr(at, below(200));
        text.insert(below(text.size() + 1), piece);
        break;
      }
      case 4:
        text.resize(at);
        break;
      default: {  // a value is exchanged
        const std::size_t colon = text.find(": ", at);
        if (colon == std::string::npos) break;
        const std::size_t end = std::min(text.find('\n', colon), text.size());
        text.replace(colon + 2, end - colon - 2, pieces[below(pieces.size())]);
      }
    }
  }
  return text;
}

}  // namespace

TEST_CASE("config: ten thousand mutated configs never crash and never half-apply") {
  // Without comments: nearly every change then hits something that means something. The whole file as well,
  // but less often, for it is large.
  const std::string whole = config::documented_defaults();
  std::string bare;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = whole.find('\n', at) + 1;
    const std::string line = whole.substr(at, end - at);
    const std::size_t first = line.find_first_not_of(' ');
    if (first != std::string::npos && line[first] != '#' && line[first] != '\n') bare += line;
    at = end;
  }
  config::Surroundings around;
  around.variable = [](std::string_view) { return std::optional<std::string>("7"); };
  std::mt19937_64 random(20261121);
  std::size_t good = 0;
  for (int round = 0; round < 10'000; ++round) {
    const std::string text = mutated(round % 20 == 0 ? whole : bare, random);
    CAPTURE(round);
    const config::Loaded loaded = config::load({"mutant.yaml", text}, around);
    bool fatal = false;
    for (const config::Problem& problem : loaded.problems) {
      fatal = fatal || problem.fatal;
      if (to_string(problem).empty()) FAIL_CHECK("a problem without words");
    }
    // All or nothing: settings exactly if there is no fatal problem.
    if (loaded.ok() == fatal) FAIL_CHECK("settings and fatal problems do not exclude each other");
    if (!loaded.ok()) continue;
    ++good;
    // What was read is whole: shown and read again it is the same.
    const config::Loaded again = config::load({"again.yaml", to_yaml(*loaded.settings)});
    if (!again.ok()) {
      FAIL_CHECK(to_string(again.problems[0]));
      continue;
    }
    for (const auto& change : diff(*loaded.settings, *again.settings))
      if (change.path.find("apiKey") == std::string::npos &&
          change.path.find("adminKey") == std::string::npos && change.path != "profile")
        FAIL_CHECK(to_string(change));
  }
  CHECK(good > 500);
  CHECK(good < 9'500);
  MESSAGE("still good after mutation: " << good);
}

TEST_CASE("config: bombs are refused within bounds") {
  std::string bomb = "x-a: &a [1,1,1,1,1,1,1,1,1,1]\n";
  for (char c = 'b'; c <= 'j'; ++c) {
    bomb += std::string("x-") + c + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i ? "," : "") + "*" + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  auto loaded = config::load({"bomb.yaml", bomb});
  REQUIRE_FALSE(loaded.ok());
  CHECK(to_string(loaded.problems[0]).find("unfolds to more than") != std::string::npos);

  loaded = config::load({"deep.yaml", "hybrid: " + std::string(300, '[')});
  CHECK_FALSE(loaded.ok());
  loaded = config::load({"deep.yaml", "hybrid: " + std::string(200, '[') + std::string(200, ']')});
  REQUIRE_FALSE(loaded.ok());
  CHECK(to_string(loaded.problems[0]).find("nested deeper") != std::string::npos);
  CHECK_FALSE(config::load({"deep.yaml", std::string(200'000, '[')}).ok());
  CHECK_FALSE(config::load({"deep.yaml", std::string(200'000, '{')}).ok());

  loaded = config::load({"huge.yaml", std::string(2'000'000, 'x')});
  REQUIRE_FALSE(loaded.ok());
  CHECK(to_string(loaded.problems[0]).find("at most 1048576") != std::string::npos);

  loaded = config::load({"self.yaml", "hybrid: &a {server: *a}\n"});
  CHECK_FALSE(loaded.ok());

  std::string many = "hybrid:\n";
  for (int i = 0; i < 20'000; ++i) many += "  unknownKeyNumber" + std::to_string(i) + ": 1\n";
  loaded = config::load({"many.yaml", many});
  CHECK_FALSE(loaded.ok());
  CHECK(loaded.problems.size() <= 101);
}

TEST_CASE("config: what is shown of every value reads back as the same") {
  for (const std::string text :
       {"true",      "12",          "a: b", "- x",  " lead", "trail ",     "\"q\" 'x'", "$x ${y}",
        "tab\there", "line\nbreak", "",     "null", "#c",    "a #b",       "{x}",       "*a",
        "ä ö",       "1e5",         "0x1F", "@a",   "x:",    "back\\slash"}) {
    CAPTURE(text);
    auto settings = config::defaults();
    settings.logging.file = text;
    settings.routing.aliases.push_back({text.empty() ? "name" : text, "target"});
    const auto again = config::load({"again.yaml", to_yaml(settings)});
    REQUIRE(again.ok());
    CHECK(again.settings->logging.file == text);
    CHECK(again.settings->routing.aliases[0].name == settings.routing.aliases[0].name);
  }
}

#include "config/load.hpp"
#include "config/profiles.hpp"
#include "config/table.hpp"
#include "places.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace codecrucible;
using nlohmann::json;

namespace {

const std::string root = source_dir() + "/config/";

// With CODECRUCIBLE_REWRITE=1 in the environment the files are written from the table instead of compared.
std::string file(const std::string& name, const std::string& expected) {
  if (std::getenv("CODECRUCIBLE_REWRITE")) std::ofstream(root + name) << expected;
  std::ifstream stream(root + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Every key of the table has documentation, and the schema the same key with the same default.
void compare(const config::Shape& shape, const json& schema, const std::string& path) {
  const json& properties = schema.at("properties");
  for (const config::Key& key : shape) {
    const std::string name = path + "." + key.name;
    CAPTURE(name);
    CHECK(key.doc.size() > 3);
    CHECK(key.doc.back() != ' ');
    REQUIRE(properties.contains(key.name));
    if (key.type.kind == config::Type::Kind::object) compare(*key.type.shape, properties.at(key.name), name);
    if (key.type.kind == config::Type::Kind::list && key.type.element->kind == config::Type::Kind::object)
      compare(*key.type.element->shape, properties.at(key.name).at("items"), name + "[]");
  }
  std::size_t names = 0;
  for (const config::Key& key : shape) names += 1 + key.also.size();
  CHECK(properties.size() == names);
}

}  // namespace

TEST_CASE("config: the shipped file is the documented defaults") {
  const std::string expected = config::documented_defaults();
  const std::string shipped = file("hybrid.yaml", expected);
  CHECK_MESSAGE(shipped == expected, "run this test once with CODECRUCIBLE_REWRITE=1");
  const config::Loaded loaded = config::load({"hybrid.yaml", shipped});
  for (const auto& problem : loaded.problems) FAIL_CHECK(to_string(problem));
  REQUIRE(loaded.ok());
  for (const auto& change : diff(config::defaults(), *loaded.settings)) FAIL_CHECK(to_string(change));
}

TEST_CASE("config: the shipped file names every key of the table") {
  const std::string shipped = file("hybrid.yaml", config::documented_defaults());
  const auto mentions = [&](auto self, const config::Shape& shape) -> void {
    for (const config::Key& key : shape) {
      CAPTURE(key.name);
      CHECK(shipped.find(key.name + ":") != std::string::npos);
      if (key.type.shape) self(self, *key.type.shape);
      if (key.type.element && key.type.element->shape) self(self, *key.type.element->shape);
    }
  };
  mentions(mentions, config::table());
}

TEST_CASE("config: the shipped profiles are the built-in ones and load") {
  for (const std::string name : {"high-end", "constrained"}) {
    const auto built_in = config::built_in_profile(name);
    REQUIRE(built_in);
    CHECK(file("profiles/" + name + ".yaml", built_in->text) == built_in->text);
    config::Surroundings around;
    around.profile = name;
    const auto loaded = config::load({"hybrid.yaml", config::documented_defaults()}, around);
    REQUIRE(loaded.ok());
    CHECK_FALSE(diff(config::defaults(), *loaded.settings).empty());
  }
}

TEST_CASE("config: the schema holds the same keys as the table") {
  const json schema = json::parse(config::schema());
  compare(config::table(), schema.at("properties").at("hybrid"), "hybrid");
  const json& server = schema["properties"]["hybrid"]["properties"]["server"]["properties"];
  CHECK(server["port"]["default"] == 8484);
  CHECK(server["port"]["anyOf"][0]["maximum"] == 65535);
  CHECK(schema.dump().find("additionalProperties") != std::string::npos);
}

TEST_CASE("config: the reference has a line for every key") {
  const std::string page = config::reference();
  CHECK(page.find("| `server.port` |") != std::string::npos);
  CHECK(page.find("| `routing.rules[].condition` |") != std::string::npos);
  CHECK(page.find("| `models.overrides.*.window` |") != std::string::npos);
}

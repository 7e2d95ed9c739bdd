#include "gateway/openapi.hpp"

#include "gateway/routes.hpp"
#include "places.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

using namespace codecrucible;
using namespace codecrucible::gateway;
using json = nlohmann::ordered_json;

namespace {

const json& page() {
  static const json one = json::parse(openapi_page());
  return one;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

using Calls = std::set<std::string>;  // "GET /v1/models"

Calls described() {
  Calls out;
  for (const auto& [path, methods] : page()["paths"].items())
    for (const auto& [method, operation] : methods.items()) out.insert(upper(method) + " " + path);
  return out;
}

Calls served() {
  Calls out;
  for (const auto& [path, methods] : served_paths()) {
    std::string_view rest = methods;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(", "), rest.size());
      out.insert(std::string(rest.substr(0, comma)) + " " + std::string(path));
      rest.remove_prefix(std::min(comma + 2, rest.size()));
    }
  }
  return out;
}

void check_references(const json& part) {
  if (part.is_object() && part.contains("$ref")) {
    const std::string prefix = "#/components/schemas/";
    const std::string to = part["$ref"];
    REQUIRE(to.starts_with(prefix));
    CHECK_MESSAGE(page()["components"]["schemas"].contains(to.substr(prefix.size())), to);
  }
  if (part.is_structured())
    for (const auto& inner : part) check_references(inner);
}

// The page for readers, as it stands in docs/api.md.
std::string as_markdown() {
  std::string out =
      "# API\n\nEverything that is served, as `/openapi.json` describes it (OpenAPI 3.1, with the schemas of "
      "the "
      "bodies). Headers, errors\nand what is particular to each: [http.md](http.md). This page is written by "
      "`CODECRUCIBLE_REWRITE=1 build/release/tests/test_gateway\n-tc='*openapi*'`.\n\n| | path | | body "
      "|\n|---|---|---|---|\n";
  for (const auto& [path, methods] : page()["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string body;
      if (operation.contains("requestBody")) {
        const auto& content = operation["requestBody"]["content"];
        body = content.contains("application/yaml") ? "YAML" : "";
        if (content.contains("application/json"))
          body = "`" + content["application/json"]["schema"]["$ref"].get<std::string>().substr(21) + "`";
      }
      out += "| " + upper(method) + " | `" + path + "` | " + operation["summary"].get<std::string>() + " | " +
             body + " |\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("openapi: every path that is served is described, and no other") {
  const auto told = described();
  const auto known = served();
  for (const auto& call : known) CHECK_MESSAGE(told.contains(call), call);
  for (const auto& call : told) {
    if (call.find(" /admin/") != std::string::npos) continue;
    CHECK_MESSAGE(known.contains(call), call);
  }
}

TEST_CASE("openapi: every described call finds its page") {
  for (const auto& [path, methods] : page()["paths"].items()) {
    std::string real = path;
    if (const auto open = real.find('{'); open != std::string::npos)
      real.replace(open, real.find('}') - open + 1, "x1");
    for (const auto& [method, operation] : methods.items()) {
      CAPTURE(method);
      CAPTURE(path);
      CHECK(route(upper(method), real).has_value());
    }
  }
}

TEST_CASE("openapi: what it refers to is there") {
  check_references(page());
}

TEST_CASE("openapi: the page for readers is up to date") {
  const std::string file = source_dir() + "/docs/api.md";
  if (std::getenv("CODECRUCIBLE_REWRITE") != nullptr) std::ofstream(file, std::ios::binary) << as_markdown();
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text == as_markdown());
}

// What /openapi.json describes is there.
#include "house/answer.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

TEST_CASE("openapi: every described call is answered by somebody") {
  House home;
  const auto page = ask(home.port(), "GET", "/openapi.json");
  CHECK(page.status == 200);
  CHECK(page.header("content-type") == "application/json");
  const auto description = json::parse(page.body);
  CHECK(description["openapi"] == "3.1.0");
  for (const auto& [path, methods] : description["paths"].items()) {
    std::string real = path;
    if (const auto open = real.find('{'); open != std::string::npos)
      real.replace(open, real.find('}') - open + 1, "1");
    for (const auto& [method, operation] : methods.items()) {
      std::string verb = method;
      for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      CAPTURE(verb);
      CAPTURE(path);
      const auto reply = ask(home.port(), verb, real, operation.contains("requestBody") ? "{}" : "");
      CHECK(reply.complete);
      CHECK(reply.status / 100 != 5);
      CHECK(reply.status != 405);
      CHECK(reply.body.find("There is nothing at") == std::string::npos);
      CHECK_MESSAGE(reply.body.find("served here") == std::string::npos, reply.body);
    }
  }
}

#include "confidence/schema.hpp"

#include <doctest/doctest.h>

using codecrucible::confidence::check_schema;
using codecrucible::confidence::repair_json;

namespace {

bool fits(const char* json, const char* schema) {
  return check_schema(json, schema).matches;
}

}  // namespace

TEST_CASE("confidence: a schema's types, bounds and names are checked") {
  CHECK(fits("5", R"({"type":"integer"})"));
  CHECK(fits("5.0", R"({"type":"integer"})"));
  CHECK_FALSE(fits("5.5", R"({"type":"integer"})"));
  CHECK(fits("null", R"({"type":["string","null"]})"));
  CHECK_FALSE(fits("\"x\"", R"({"enum":["a","b"]})"));
  CHECK(fits("\"a\"", R"({"const":"a"})"));
  CHECK_FALSE(fits("3", R"({"minimum":4})"));
  CHECK_FALSE(fits("4", R"({"exclusiveMinimum":4})"));
  CHECK_FALSE(fits("7", R"({"multipleOf":2})"));
  CHECK_FALSE(fits("[1,2,3]", R"({"items":{"type":"integer"},"maxItems":2})"));
  CHECK_FALSE(fits("[1,\"2\"]", R"({"items":{"type":"integer"}})"));
  CHECK_FALSE(fits("[1,1]", R"({"uniqueItems":true})"));
  CHECK_FALSE(fits("\"\xC3\xA9\"", R"({"minLength":2})"));
  CHECK_FALSE(fits(R"({"a":1,"b":2})", R"({"properties":{"a":{}},"additionalProperties":false})"));
  CHECK(fits(R"({"a":1,"b":2})", R"({"properties":{"a":{}},"additionalProperties":{"type":"integer"}})"));
  CHECK_FALSE(fits(R"({"b":1})", R"({"required":["a"]})"));
}

TEST_CASE("confidence: combined and referring schemas are checked") {
  const char* any = R"({"anyOf":[{"type":"string"},{"type":"integer"}]})";
  CHECK(fits("1", any));
  CHECK_FALSE(fits("true", any));
  CHECK_FALSE(fits("4", R"({"oneOf":[{"minimum":1},{"minimum":2}]})"));
  CHECK_FALSE(fits("4", R"({"not":{"type":"integer"}})"));
  CHECK_FALSE(fits("4", R"({"allOf":[{"minimum":1},{"minimum":5}]})"));
  const char* tree =
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}}})";
  CHECK(fits(R"({"next":{"next":{}}})", tree));
  CHECK_FALSE(fits(R"({"next":{"next":5}})", tree));
  CHECK(fits("5", R"({"$ref":"#"})"));  // refers to itself for ever: nothing is asked
}

TEST_CASE("confidence: a complaint names the place") {
  CHECK(check_schema(R"({"a":{"b":"x"}})", R"({"properties":{"a":{"properties":{"b":{"type":"integer"}}}}})")
            .complaint.find("$.a.b") == 0);
  CHECK_FALSE(check_schema("{", "{}").json);
  CHECK(check_schema("{}", "broken {").matches);
}

TEST_CASE("confidence: safe repairs") {
  const auto repaired = [](const char* json, const char* schema = "") {
    const auto repair = repair_json(json, schema);
    return repair.good ? repair.json : "beyond repair";
  };
  CHECK(repaired(R"({"a":1,})") == R"({"a":1})");
  CHECK(repaired("{'a': 'it\\'s'}") == R"({"a": "it's"})");
  CHECK(repaired("{a: True, b: None}") == R"({"a": true, "b": null})");
  CHECK(repaired("{\"a\": \"x\ny\"}") == R"({"a": "x\ny"})");
  CHECK(repaired(R"({"a":[1,2)") == R"({"a":[1,2]})");
  CHECK(repaired("```json\n{\"a\":1,}\n```") == R"({"a":1})");
  CHECK(repaired("") == "{}");
  CHECK(repaired(R"("{\"a\":1}")", R"({"type":"object"})") == R"({"a":1})");
  CHECK(repaired(R"({"n":"5","b":"true","r":"1.5"})",
                 R"({"properties":{"n":{"type":"integer"},"b":{"type":"boolean"},"r":{"type":"number"}}})") ==
        R"({"b":true,"n":5,"r":1.5})");
}

TEST_CASE("confidence: what would need guessing is not repaired") {
  for (const char* json : {R"({"a": "unfinished)", R"({"a": 1]})", "hello there", "{\"a\" 1}"})
    CHECK_FALSE(repair_json(json, "").good);
  CHECK_FALSE(repair_json(R"({"n":"5 apples"})", R"({"properties":{"n":{"type":"integer"}}})").good);
  const auto as_it_was = repair_json(R"({"a": 1})", "");
  CHECK(as_it_was.good);
  CHECK_FALSE(as_it_was.changed);
}

#pragma once

#include <string>
#include <string_view>

namespace codecrucible::confidence {

struct SchemaFinding {
  bool json = false;      // the text is one JSON value
  bool matches = false;   // … of the schema
  std::string complaint;  // where and why, empty if it matches
};

// JSON text against a schema: type, properties, required, items, prefixItems, enum, const,
// additionalProperties, anyOf, oneOf, allOf, not, minimum/maximum (and exclusive), multipleOf, min/maxLength,
// min/maxItems, uniqueItems, $ref within the document. Unknown keywords are ignored; a schema that is itself
// broken matches everything that is JSON.
SchemaFinding check_schema(std::string_view json, std::string_view schema);

struct Repair {
  std::string json;  // the repaired text
  bool changed = false;
  bool good = false;  // parses, and matches the schema
  std::string complaint;
};

// Repairs what small models break and nothing that needs guessing: fence around it, trailing comma, single
// quotes or bare keys, raw line breaks in strings, True/None, missing closing brackets at the end, "5" where
// an integer is asked for.
Repair repair_json(std::string_view json, std::string_view schema);

}  // namespace codecrucible::confidence

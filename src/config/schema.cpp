#include "config/draft.hpp"
#include "config/load.hpp"
#include "config/units.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace codecrucible::config {
namespace {

using json = nlohmann::ordered_json;
using Kind = Type::Kind;

// Everything may also be a text with an environment variable in it.
constexpr std::string_view variable = R"(\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\})";

json with_variable(json schema) {
  json text{{"type", "string"}, {"pattern", variable}};
  return {{"anyOf", json::array({std::move(schema), std::move(text)})}};
}

json map_schema(const Shape& shape, const Node* defaults);

json type_schema(const Type& type, const Node* defaults) {
  json out = json::object();
  switch (type.kind) {
    case Kind::boolean:
      return with_variable({{"type", "boolean"}});
    case Kind::integer:
    case Kind::number:
      out["type"] = type.kind == Kind::integer ? "integer" : "number";
      if (std::isfinite(type.min)) out["minimum"] = type.min;
      if (std::isfinite(type.max)) out["maximum"] = type.max;
      return with_variable(std::move(out));
    case Kind::text:
      out["type"] = json::array({"string", "number", "boolean"});
      if (type.min >= 1) out["minLength"] = 1;
      return out;
    case Kind::duration:
    case Kind::bytes:
      out["type"] = json::array({"string", "number"});
      out["pattern"] = type.kind == Kind::duration ? R"(^[0-9.]+ ?(ms|s|sec|m|min|h|d)?$|\$\{)"
                                                   : R"(^[0-9.]+ ?(B|[KMGT]|[KMGT]iB|[kKMGT]B)?$|\$\{)";
      return out;
    case Kind::choice: {
      json words = json::array();
      for (const std::string_view word : type.choices) words.push_back(word);
      // Editors read these two as what they are in YAML.
      for (const bool value : {false, true}) {
        const auto written = value ? std::string_view("true") : std::string_view("false");
        if (std::find(type.choices.begin(), type.choices.end(), written) != type.choices.end())
          words.push_back(value);
      }
      return with_variable({{"enum", std::move(words)}});
    }
    case Kind::list:
      return {{"type", "array"}, {"items", type_schema(*type.element, nullptr)}};
    case Kind::map:
      return {{"type", "object"}, {"additionalProperties", type_schema(*type.element, nullptr)}};
    case Kind::object:
      return map_schema(*type.shape, defaults);
    case Kind::either: {
      json forms = json::array();
      for (const Type& form : type.forms) forms.push_back(type_schema(form, nullptr));
      return {{"anyOf", std::move(forms)}};
    }
  }
  return out;
}

json default_of(const Type& type, const Node& value) {
  switch (type.kind) {
    case Kind::boolean:
      return value.text == "true";
    case Kind::integer:
      return integer_of(value.text).value_or(0);
    case Kind::number:
      return number_of(value.text).value_or(0);
    default:
      return value.text;
  }
}

json map_schema(const Shape& shape, const Node* defaults) {
  json properties = json::object();
  json required = json::array();
  for (const Key& key : shape) {
    const Node* const value = defaults ? defaults->find(key.name) : nullptr;
    json one = type_schema(key.type, value);
    one["description"] = key.doc + " (" + describe(key.type) + ")";
    if (value && value->is_scalar() && !key.type.secret) one["default"] = default_of(key.type, *value);
    if (key.required && key.also.empty()) required.push_back(key.name);
    for (const std::string& other : key.also) properties[other] = one;
    properties[key.name] = std::move(one);
  }
  json out{{"type", json::array({"object", "null"})},
           {"additionalProperties", false},
           {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

}  // namespace

std::string schema() {
  const Node defaults = tree_of(config::defaults());
  json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
           {"title", "codecrucible"},
           {"type", "object"},
           {"additionalProperties", false},
           {"patternProperties", {{"^x-", json::object()}}}};
  out["properties"]["hybrid"] = map_schema(table(), &defaults);
  return out.dump(2) + "\n";
}

}  // namespace codecrucible::config

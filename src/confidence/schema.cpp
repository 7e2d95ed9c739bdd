#include "confidence/schema.hpp"

#include "confidence/schema_check.hpp"
#include "confidence/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace codecrucible::confidence {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 64;  // of schema against value; also what stops a $ref that refers to itself

class Check {
 public:
  explicit Check(const Json& root) : root_(root) {}

  // Empty if it matches; else what does not, with the path of the value.
  std::string of(const Json& value, const Json& schema, const std::string& path, int depth) const {
    if (depth > deepest) return {};
    if (schema.is_boolean()) return schema.get<bool>() ? std::string{} : path + " is not allowed";
    if (!schema.is_object()) return {};
    std::string wrong = refers(value, schema, path, depth);
    if (wrong.empty()) wrong = kind(value, schema, path);
    if (wrong.empty()) wrong = combined(value, schema, path, depth);
    if (!wrong.empty()) return wrong;
    if (value.is_object()) return object(value, schema, path, depth);
    if (value.is_array()) return array(value, schema, path, depth);
    if (value.is_string()) return text(value, schema, path);
    if (value.is_number()) return number(value, schema, path);
    return {};
  }

 private:
  std::string refers(const Json& value, const Json& schema, const std::string& path, int depth) const {
    const auto ref = schema.find("$ref");
    if (ref == schema.end() || !ref->is_string()) return {};
    const auto target = ref->get<std::string>();
    if (target == "#") return of(value, root_, path, depth + 1);
    if (!target.starts_with("#/")) return {};
    try {
      const Json::json_pointer pointer(target.substr(1));
      if (root_.contains(pointer)) return of(value, root_.at(pointer), path, depth + 1);
    } catch (const Json::exception&) {  // no pointer: nothing is asked
    }
    return {};
  }

  static std::string kind(const Json& value, const Json& schema, const std::string& path) {
    if (const auto type = schema.find("type"); type != schema.end()) {
      bool fits = !type->is_string() && !type->is_array();
      if (type->is_string()) fits = is_type(value, type->get_ref<const std::string&>());
      if (type->is_array()) {
        for (const auto& one : *type)
          fits = fits || (one.is_string() && is_type(value, one.get_ref<const std::string&>()));
      }
      if (!fits) return path + " is " + value.type_name() + ", not " + type->dump();
    }
    if (const auto values = schema.find("enum"); values != schema.end() && values->is_array()) {
      bool found = false;
      for (const auto& one : *values) found = found || one == value;
      if (!found) return path + " is none of " + values->dump();
    }
    if (const auto constant = schema.find("const"); constant != schema.end() && *constant != value) {
      return path + " is not " + constant->dump();
    }
    return {};
  }

  std::string combined(const Json& value, const Json& schema, const std::string& path, int depth) const {
    const auto branches = [&](const char* word) -> const Json* {
      const auto found = schema.find(word);
      return found != schema.end() && found->is_array() && !found->empty() ? &*found : nullptr;
    };
    const auto matching = [&](const Json& list) {
      int count = 0;
      for (const auto& one : list) count += of(value, one, path, depth + 1).empty() ? 1 : 0;
      return count;
    };
    if (const auto* any = branches("anyOf"); any != nullptr && matching(*any) == 0)
      return path + " matches none of anyOf";
    if (const auto* one = branches("oneOf"); one != nullptr) {
      const int count = matching(*one);
      if (count != 1) return path + " matches " + std::to_string(count) + " of oneOf";
    }
    if (const auto* all = branches("allOf"); all != nullptr) {
      for (const auto& one : *all) {
        auto wrong = of(value, one, path, depth + 1);
        if (!wrong.empty()) return wrong;
      }
    }
    if (const auto no = schema.find("not"); no != schema.end() && of(value, *no, path, depth + 1).empty()) {
      return path + " matches what it must not";
    }
    return {};
  }

  std::string object(const Json& value, const Json& schema, const std::string& path, int depth) const {
    if (const auto required = schema.find("required"); required != schema.end() && required->is_array()) {
      for (const auto& key : *required) {
        if (key.is_string() && !value.contains(key.get_ref<const std::string&>()))
          return path + " lacks " + key.dump();
      }
    }
    auto wrong = counted(value.size(), schema, "minProperties", "maxProperties", path);
    if (!wrong.empty()) return wrong;
    const auto properties = schema.find("properties");
    const auto others = schema.find("additionalProperties");
    const bool patterns = schema.contains("patternProperties");
    for (const auto& [key, member] : value.items()) {
      const std::string at = path + "." + key;
      if (properties != schema.end() && properties->is_object() && properties->contains(key)) {
        wrong = of(member, (*properties)[key], at, depth + 1);
      } else if (others != schema.end() && !patterns) {
        wrong = of(member, *others, at, depth + 1);
      }
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  std::string array(const Json& value, const Json& schema, const std::string& path, int depth) const {
    auto wrong = counted(value.size(), schema, "minItems", "maxItems", path);
    if (!wrong.empty()) return wrong;
    std::size_t first = 0;
    if (const auto prefix = schema.find("prefixItems"); prefix != schema.end() && prefix->is_array()) {
      for (; first < value.size() && first < prefix->size(); ++first) {
        wrong = of(value[first], (*prefix)[first], path + "[" + std::to_string(first) + "]", depth + 1);
        if (!wrong.empty()) return wrong;
      }
    }
    if (const auto items = schema.find("items"); items != schema.end()) {
      for (std::size_t i = first; i < value.size(); ++i) {
        wrong = of(value[i], *items, path + "[" + std::to_string(i) + "]", depth + 1);
        if (!wrong.empty()) return wrong;
      }
    }
    if (schema.value("uniqueItems", Json(false)) == true) {
      auto sorted = value.get<std::vector<Json>>();
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        return path + " has an item twice";
    }
    return {};
  }

  static std::string text(const Json& value, const Json& schema, const std::string& path) {
    std::size_t letters = 0;
    for (const char c : value.get_ref<const std::string&>())
      letters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1U : 0U;
    return counted(letters, schema, "minLength", "maxLength", path);
  }

  static std::string number(const Json& value, const Json& schema, const std::string& path) {
    const double here = value.get<double>();
    const auto limit = [&](const char* word) { return schema.find(word); };
    const auto is = [&](const char* word, auto holds) {
      const auto found = limit(word);
      return found == schema.end() || !found->is_number() || holds(found->template get<double>());
    };
    if (!is("minimum", [&](double least) { return here >= least; })) return path + " is below the minimum";
    if (!is("maximum", [&](double most) { return here <= most; })) return path + " is above the maximum";
    if (!is("exclusiveMinimum", [&](double least) { return here > least; }))
      return path + " is below the minimum";
    if (!is("exclusiveMaximum", [&](double most) { return here < most; }))
      return path + " is above the maximum";
    const bool multiple = is("multipleOf", [&](double of) {
      const double times = of > 0 ? here / of : 0;
      return std::abs(times - std::round(times)) < 1e-9 * std::max(1.0, std::abs(times));
    });
    return multiple ? std::string{} : path + " is no multiple of what is asked";
  }

  static std::string counted(std::size_t count, const Json& schema, const char* least, const char* most,
                             const std::string& path) {
    const auto low = schema.find(least);
    if (low != schema.end() && low->is_number() && static_cast<double>(count) < low->get<double>())
      return path + " is under " + least;
    const auto high = schema.find(most);
    if (high != schema.end() && high->is_number() && static_cast<double>(count) > high->get<double>())
      return path + " is over " + most;
    return {};
  }

  const Json& root_;
};

}  // namespace

bool is_type(const nlohmann::json& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  // 2.0 is an integer to JSON schema.
  if (type == "integer")
    return value.is_number_integer() ||
           (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
  return true;
}

std::string mismatch(const nlohmann::json& value, const nlohmann::json& schema) {
  return Check(schema).of(value, schema, "$", 0);
}

SchemaFinding check_schema(std::string_view json, std::string_view schema) {
  SchemaFinding finding;
  const auto value = Json::parse(json, nullptr, false);
  finding.json = !value.is_discarded();
  if (!finding.json) {
    finding.complaint = "not JSON";
    return finding;
  }
  const auto asked = schema.empty() ? Json(true) : Json::parse(schema, nullptr, false);
  if (!asked.is_discarded()) finding.complaint = mismatch(value, asked);
  finding.matches = finding.complaint.empty();
  return finding;
}

}  // namespace codecrucible::confidence

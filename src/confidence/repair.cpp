#include "confidence/schema.hpp"
#include "confidence/schema_check.hpp"
#include "confidence/text.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace codecrucible::confidence {
namespace {

using Json = nlohmann::json;

// The text inside a fence that is all there is, or the text itself.
std::string_view unfenced(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with("```")) return text;
  const auto line = text.find('\n');
  if (line == std::string_view::npos) return text;
  text.remove_prefix(line + 1);
  const auto end = text.rfind("```");
  return trimmed(end == std::string_view::npos ? text : text.substr(0, end));
}

void escape(std::string& out, char c) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '"') {
    out += "\\\"";
  } else {
    out += c;
  }
}

// Writes `text` again with the usual slips mended: one pass, no guessing about meaning.
std::string mended(std::string_view text) {
  std::string out, open;
  out.reserve(text.size() + 8);
  const auto drop_comma = [&] {
    auto last = out.find_last_not_of(" \n\t\r");
    if (last != std::string::npos && out[last] == ',') out.erase(last, 1);
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      out += '"';
      for (++at; at < text.size() && text[at] != c; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) {
          ++at;
          if (text[at] != '\'') out += '\\';
          out += text[at];
        } else {
          escape(out, text[at]);
        }
      }
      if (at >= text.size()) return {};  // a string that never ends: what it should hold is not known
      out += '"';
    } else if (c == '{' || c == '[') {
      open += c == '{' ? '}' : ']';
      out += c;
    } else if (c == '}' || c == ']') {
      drop_comma();
      if (open.empty() || open.back() != c) return {};
      open.pop_back();
      out += c;
    } else if (is_letter(c) || c == '_') {
      auto end = at;
      while (end < text.size() &&
             (is_letter(text[end]) || is_digit(text[end]) || text[end] == '_' || text[end] == '-'))
        ++end;
      const auto word = text.substr(at, end - at);
      auto next = end;
      while (next < text.size() && is_space(text[next])) ++next;
      if (next < text.size() && text[next] == ':') {
        out += '"';
        out += word;
        out += '"';
      } else {
        out += word == "True" ? "true" : word == "False" ? "false" : word == "None" ? "null" : word;
      }
      at = end - 1;
    } else if (is_digit(c) || c == '-') {
      while (at < text.size() && (is_digit(text[at]) || is_letter(text[at]) ||
                                  std::string_view("+-.").find(text[at]) != std::string_view::npos))
        out += text[at++];
      --at;
    } else {
      out += c;
    }
  }
  drop_comma();
  while (!open.empty()) {
    out += open.back();
    open.pop_back();
  }
  return out;
}

bool wants(const Json& schema, const char* type) {
  const auto found = schema.find("type");
  if (found == schema.end()) return false;
  if (found->is_string()) return *found == type;
  return false;
}

// "5" where an integer is asked for, and the like; only where the text is exactly such a value.
bool retype(Json& value, const Json& schema, int depth) {
  if (!schema.is_object() || depth > 32) return false;
  bool changed = false;
  if (value.is_object()) {
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object()) return false;
    for (const auto& [key, asked] : properties->items()) {
      if (value.contains(key)) changed = retype(value[key], asked, depth + 1) || changed;
    }
  } else if (value.is_array()) {
    const auto items = schema.find("items");
    if (items == schema.end()) return false;
    for (auto& one : value) changed = retype(one, *items, depth + 1) || changed;
  } else if (value.is_string()) {
    const auto text = value.get<std::string>();
    const char* end = text.data() + text.size();
    if (wants(schema, "integer")) {
      std::int64_t whole = 0;
      const auto read = std::from_chars(text.data(), end, whole);
      if (read.ec == std::errc{} && read.ptr == end) {
        value = whole;
        return true;
      }
    } else if (wants(schema, "number")) {
      double real = 0;
      const auto read = std::from_chars(text.data(), end, real);
      if (read.ec == std::errc{} && read.ptr == end) {
        value = real;
        return true;
      }
    } else if (wants(schema, "boolean") && (text == "true" || text == "false")) {
      value = text == "true";
      return true;
    }
  }
  return changed;
}

}  // namespace

Repair repair_json(std::string_view json, std::string_view schema) {
  Repair repair;
  repair.json = json;
  const auto asked = schema.empty() ? Json(true) : Json::parse(schema, nullptr, false);
  auto value = Json::parse(json, nullptr, false);
  bool written_anew = false;
  if (value.is_discarded()) {
    auto text = trimmed(json).empty() ? std::string("{}") : mended(unfenced(json));
    value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) {
      repair.complaint = "not JSON, and not to be repaired";
      return repair;
    }
    repair.json = std::move(text);
    repair.changed = true;
  }
  if (asked.is_discarded()) {
    repair.good = true;
    return repair;
  }
  // Arguments that were written as JSON inside a JSON string.
  if (value.is_string() && asked.is_object() && wants(asked, "object")) {
    auto inner = Json::parse(value.get_ref<const std::string&>(), nullptr, false);
    if (inner.is_object()) {
      value = std::move(inner);
      written_anew = true;
    }
  }
  repair.complaint = mismatch(value, asked);
  if (!repair.complaint.empty() && retype(value, asked, 0)) {
    written_anew = true;
    repair.complaint = mismatch(value, asked);
  }
  repair.good = repair.complaint.empty();
  if (written_anew && repair.good) {
    repair.json = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    repair.changed = true;
  }
  return repair;
}

}  // namespace codecrucible::confidence

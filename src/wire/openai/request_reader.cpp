#include "wire/openai/request_reader.hpp"

#include "core/result.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::object:
      return "an object";
    case Kind::array:
      return "an array";
    case Kind::string:
      return "a string";
    case Kind::number:
      return "a number";
    case Kind::boolean:
      return "a boolean";
    case Kind::null:
      return "null";
    case Kind::bad:
      break;
  }
  return "nothing";
}

std::string wrong_type(std::string_view field, std::string_view expected, Kind found) {
  std::string text = field.empty() ? "The body" : "'";
  if (!field.empty()) text.append(field).append("'");
  text += " must be ";
  text += expected;
  text += ", not ";
  text += kind_name(found);
  return text += '.';
}

std::string short_number(double value) {
  if (value == std::trunc(value) && std::abs(value) < 1e15)
    return std::to_string(static_cast<std::int64_t>(value));
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace

std::string RequestReader::path(std::string_view field) const {
  std::string text;
  for (std::size_t i = 0; i < depth_; ++i) {
    if (i > 0) text += '.';
    text += places_[i].list;
    text += '[';
    text += std::to_string(places_[i].index);
    text += ']';
  }
  if (!text.empty() && !field.empty()) text += '.';
  return text += field;
}

bool RequestReader::refuse(std::string detail, std::string_view field, core::Cause cause) {
  if (!failure_ && !json.failed()) failure_ = core::fail(cause, std::move(detail), path(field));
  return false;
}

core::Failure RequestReader::failure() const {
  if (failure_) return *failure_;
  const std::size_t at = json.position();
  const std::string_view before = body_.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  std::string detail = "The body is not valid JSON: ";
  detail += body_.empty() ? std::string_view("it is empty") : json.problem();
  detail += ", at byte " + std::to_string(at) + " (line " + std::to_string(line) + ", column " +
            std::to_string(at - line_start + 1) + ").";
  return core::fail(core::Cause::bad_request, std::move(detail));
}

bool RequestReader::null() {
  return json.kind() == Kind::null && json.read_null();
}

bool RequestReader::number(std::optional<double>& out, std::string_view field, double low, double high) {
  const Kind kind = json.kind();
  if (kind == Kind::null) return json.read_null();
  if (kind == Kind::bad) return json.skip();
  if (kind != Kind::number) return refuse(wrong_type(path(field), "a number", kind), field);
  std::string_view digits;
  if (!json.read_number(digits)) return false;
  const auto value = double_of(digits);
  if (!value || *value < low || *value > high) {
    return refuse(
        "'" + path(field) + "' must be between " + short_number(low) + " and " + short_number(high) + ".",
        field);
  }
  out = value;
  return true;
}

bool RequestReader::integer(std::optional<std::int64_t>& out, std::string_view field, std::int64_t low,
                            std::int64_t high) {
  const Kind kind = json.kind();
  if (kind == Kind::null) return json.read_null();
  if (kind == Kind::bad) return json.skip();
  if (kind != Kind::number) return refuse(wrong_type(path(field), "an integer", kind), field);
  std::string_view digits;
  if (!json.read_number(digits)) return false;
  const auto value = integer_of(digits);
  if (!value) return refuse("'" + path(field) + "' must be an integer of at most 64 bits.", field);
  if (*value < low || *value > high) {
    std::string limits = high == std::numeric_limits<std::int64_t>::max()
                             ? "at least " + std::to_string(low)
                             : "between " + std::to_string(low) + " and " + std::to_string(high);
    return refuse("'" + path(field) + "' must be " + limits + ".", field);
  }
  out = value;
  return true;
}

bool RequestReader::flag(std::optional<bool>& out, std::string_view field) {
  const Kind kind = json.kind();
  if (kind == Kind::null) return json.read_null();
  if (kind == Kind::bad) return json.skip();
  if (kind != Kind::boolean) return refuse(wrong_type(path(field), "true or false", kind), field);
  bool value = false;
  if (!json.read_bool(value)) return false;
  out = value;
  return true;
}

bool RequestReader::text(std::string_view& out, std::string_view field) {
  const Kind kind = json.kind();
  if (kind == Kind::null) return json.read_null();
  if (kind == Kind::bad) return json.skip();
  if (kind != Kind::string) return refuse(wrong_type(path(field), "a string", kind), field);
  JsonString string;
  if (!json.read_string(string)) return false;
  out = unescape(string, arena);
  return true;
}

bool RequestReader::raw_object(std::string_view& out, std::string_view field) {
  const Kind kind = json.kind();
  if (kind == Kind::null) return json.read_null();
  if (kind == Kind::bad) return json.skip();
  if (kind != Kind::object) return refuse(wrong_type(path(field), "an object", kind), field);
  return json.skip(out);
}

bool RequestReader::enter_object(std::string_view field) {
  const Kind kind = json.kind();
  if (kind == Kind::bad) return json.skip();
  if (kind != Kind::object) return refuse(wrong_type(path(field), "an object", kind), field);
  return json.enter_object();
}

bool RequestReader::enter_array(std::string_view field) {
  const Kind kind = json.kind();
  if (kind == Kind::bad) return json.skip();
  if (kind != Kind::array) return refuse(wrong_type(path(field), "an array", kind), field);
  return json.enter_array();
}

bool RequestReader::next_key(std::string_view& key) {
  if (failure_) return false;
  JsonString raw;
  if (!json.next_key(raw)) return false;
  key = unescape(raw, arena);
  return true;
}

bool RequestReader::pass_over(std::string_view key, std::string_view within) {
  // Marks for the cache of another vendor, moved from turn to turn, say nothing.
  if (json.kind() == JsonReader::Kind::null || key == "cache_control") return json.skip();
  std::string_view value;
  if (!json.skip(value)) return false;
  unread_.push_back({path(std::string(within).append(key)), value});
  return true;
}

}  // namespace codecrucible::wire::openai

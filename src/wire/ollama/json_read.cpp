#include "wire/ollama/json_read.hpp"

#include "core/result.hpp"
#include "wire/ollama/strict_json.hpp"
#include "wire/surrogates.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace codecrucible::wire::ollama {
namespace {

using simdjson::ondemand::json_type;

// Buffers grow to the largest text seen; past this they are given back after use.
constexpr std::size_t keep_capacity = std::size_t{1} << 20;

thread_local simdjson::ondemand::parser parser;

}  // namespace

bool JsonReader::open(std::string_view text, simdjson::ondemand::document& parsed,
                      simdjson::ondemand::object& object) {
  depth_ = 0;
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(padded).get(parsed)) return broken();
  json_type type;
  if (parsed.type().get(type)) return broken();
  if (type != json_type::object) return refuse("the body must be a JSON object");
  return !parsed.get_object().get(object) || broken();
}

bool JsonReader::closed(simdjson::ondemand::document& parsed) {
  const char* rest = nullptr;
  return parsed.current_location().get(rest) == simdjson::OUT_OF_BOUNDS || broken();
}

// Says where the text stopped being JSON, as far as it was read.
void JsonReader::locate(std::string_view text, simdjson::ondemand::document& parsed) {
  const char* at = nullptr;
  if (!broken_ || !failure_ || parsed.current_location().get(at) || at == nullptr) return;
  const auto byte = static_cast<std::size_t>(at - text.data());
  if (byte > text.size()) return;
  const auto before = text.substr(0, byte);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  failure_->detail += ", at byte " + std::to_string(byte) + " (line " + std::to_string(line) + ")";
}

void JsonReader::release() {
  if (parser.capacity() > keep_capacity) parser = simdjson::ondemand::parser();
}

bool JsonReader::is(JsonValue& value, json_type type) {
  json_type found;
  return !value.type().get(found) && found == type;
}

bool JsonReader::is_null(JsonValue& value) {
  bool null = false;
  return is(value, json_type::null) && !value.is_null().get(null) && null;
}

std::string_view JsonReader::copy(std::string_view text) {
  if (text.empty()) return {};
  auto* const bytes = static_cast<char*>(memory_->allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

bool JsonReader::text(JsonValue& value, std::string_view& out) {
  if (is_null(value)) return true;
  if (!is(value, json_type::string)) return wrong_type("a string");
  const std::string_view token = value.raw_json_token();  // from the quote to the next token
  const auto quote = token.find('"', 1);
  if (quote == std::string_view::npos) return broken();
  const auto inside = token.substr(1, quote - 1);
  if (inside.empty() || std::memchr(inside.data(), '\\', inside.size()) == nullptr) {
    simdjson::ondemand::raw_json_string consumed;
    if (value.get_raw_json_string().get(consumed)) return broken();
    out = inside;
    return true;
  }
  if (has_lone_surrogate(token)) return broken();  // simdjson takes a second half alone for a character
  std::string_view unescaped;
  if (value.get_string().get(unescaped)) return broken();
  out = copy(unescaped);
  return true;
}

bool JsonReader::number(JsonValue& value, std::optional<double>& out) {
  if (is_null(value)) return true;
  if (!is(value, json_type::number)) return wrong_type("a number");
  double found = 0;
  if (value.get_double().get(found)) return refuse("the number cannot be read");
  out = found;
  return true;
}

bool JsonReader::integer(JsonValue& value, std::optional<std::int64_t>& out) {
  if (is_null(value)) return true;
  if (!is(value, json_type::number)) return wrong_type("a number");
  std::int64_t exact = 0;
  if (!value.get_int64().get(exact)) {
    out = exact;
    return true;
  }
  double found = 0;
  if (value.get_double().get(found)) return refuse("the number cannot be read");
  constexpr double limit = 9.0e18;  // inside int64
  if (!(found > -limit && found < limit)) return refuse("the number is out of range");
  out = static_cast<std::int64_t>(found);
  return true;
}

bool JsonReader::boolean(JsonValue& value, std::optional<bool>& out) {
  if (is_null(value)) return true;
  bool found = false;
  if (value.get_bool().get(found)) return wrong_type("true or false");
  out = found;
  return true;
}

bool JsonReader::raw(JsonValue& value, std::string_view& out) {
  if (simdjson::to_json_string(value).get(out)) return broken();
  return (is_json(out) && !has_lone_surrogate(out)) || broken();
}

bool JsonReader::wrong_type(std::string_view wanted) {
  return refuse("must be " + std::string(wanted));
}

bool JsonReader::refuse(std::string detail) {
  auto field = path();
  if (!field.empty()) detail = field + ": " + detail;
  failure_ = core::fail(core::Cause::bad_request, std::move(detail), std::move(field));
  return false;
}

bool JsonReader::missing(std::string detail, std::string_view field) {
  failure_ = core::fail(core::Cause::bad_request, std::move(detail), std::string(field));
  return false;
}

bool JsonReader::broken() {
  broken_ = broken_ || !failure_;
  if (!failure_) failure_ = core::fail(core::Cause::bad_request, "the body is not valid JSON");
  return false;
}

core::Failure JsonReader::take_failure() {
  release();
  if (!failure_) broken();
  return std::move(*failure_);
}

std::string JsonReader::path() const {
  std::string text;
  for (int i = 0; i < depth_; ++i) {
    const Step& step = steps_[i];
    if (step.name.empty()) {
      text += '[' + std::to_string(step.index) + ']';
    } else {
      if (!text.empty()) text += '.';
      text += step.name;
    }
  }
  return text;
}

}  // namespace codecrucible::wire::ollama

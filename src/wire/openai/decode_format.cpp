#include "wire/openai/decode_parts.hpp"

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

bool read_json_schema(RequestReader& in, core::Format& format) {
  if (!in.enter_object("response_format.json_schema")) return false;
  std::string_view key;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "name") {
      ok = in.text(format.name, "response_format.json_schema.name");
    } else if (key == "schema") {
      ok = in.raw_object(format.schema, "response_format.json_schema.schema");
    } else if (key == "strict") {
      ok = in.flag(format.strict, "response_format.json_schema.strict");
    } else {
      ok = in.pass_over(key, "response_format.json_schema.");
    }
    if (!ok) return false;
  }
  return !in.json.failed();
}

}  // namespace

bool read_response_format(RequestReader& in, core::ChatRequest& request) {
  if (in.json.kind() == Kind::null) return in.json.read_null();
  if (!in.enter_object("response_format")) return false;
  core::Format format;
  std::string_view key, type, own_schema;
  bool has_schema = false;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(type, "response_format.type");
    } else if (key == "json_schema" && in.json.kind() != Kind::null) {
      has_schema = true;
      ok = read_json_schema(in, format);
    } else if (key == "schema" && in.json.kind() == Kind::object) {
      ok = in.raw(own_schema);  // llama.cpp: json_object with a schema
    } else {
      ok = in.pass_over(key, "response_format.");
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (type == "json_schema") {
    if (!has_schema) {
      return in.refuse("A response_format of type 'json_schema' needs 'json_schema'.",
                       "response_format.json_schema");
    }
    format.kind = format.schema.empty() ? core::Format::Kind::json : core::Format::Kind::schema;
  } else if (type == "json_object") {
    format.schema = own_schema;
    format.kind = own_schema.empty() ? core::Format::Kind::json : core::Format::Kind::schema;
  } else if (type == "text") {
    format = {};
  } else {
    return in.refuse("'response_format.type' must be 'text', 'json_object' or 'json_schema'.",
                     "response_format.type");
  }
  request.format = format;
  return true;
}

bool read_stop(RequestReader& in, core::ChatRequest& request) {
  constexpr std::size_t most = 64;  // OpenAI takes 4, local servers more
  switch (in.json.kind()) {
    case Kind::null:
      return in.json.read_null();
    case Kind::string:
      return in.text(request.stop.emplace_back(), "stop");
    case Kind::array:
      break;
    case Kind::bad:
      return in.json.skip();
    default:
      return in.refuse("'stop' must be a string or an array of strings.", "stop");
  }
  if (!in.enter_array("stop")) return false;
  while (in.json.next_item()) {
    if (in.json.kind() != Kind::string && in.json.kind() != Kind::bad) {
      return in.refuse("'stop' must be a string or an array of strings.", "stop");
    }
    if (request.stop.size() == most) return in.refuse("'stop' holds more than 64 strings.", "stop");
    if (!in.text(request.stop.emplace_back(), "stop")) return false;
  }
  return !in.json.failed();
}

}  // namespace codecrucible::wire::openai

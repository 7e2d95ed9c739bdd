#include "wire/responses/decode_parts.hpp"

namespace codecrucible::wire::responses {
namespace {

using Kind = JsonReader::Kind;

// Flat here: the schema's name and rules stand beside the type.
bool read_format(RequestReader& in, core::ChatRequest& request) {
  if (!in.enter_object("text.format")) return false;
  core::Format format;
  std::string_view key, type;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(type, "text.format.type");
    } else if (key == "name") {
      ok = in.text(format.name, "text.format.name");
    } else if (key == "schema") {
      ok = in.raw_object(format.schema, "text.format.schema");
    } else if (key == "strict") {
      ok = in.flag(format.strict, "text.format.strict");
    } else {
      ok = in.json.skip();
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (type == "json_schema") {
    if (format.schema.empty()) {
      return in.refuse("A format of type 'json_schema' needs 'schema'.", "text.format.schema");
    }
    format.kind = core::Format::Kind::schema;
  } else if (type == "json_object") {
    format = {};
    format.kind = core::Format::Kind::json;
  } else if (type == "text") {
    format = {};
  } else {
    return in.refuse("'text.format.type' must be 'text', 'json_object' or 'json_schema'.",
                     "text.format.type");
  }
  request.format = format;
  return true;
}

}  // namespace

bool read_text(RequestReader& in, core::ChatRequest& request, Asked& asked) {
  if (in.json.kind() == Kind::null) return in.json.read_null();
  const std::size_t at = in.value_start();
  if (!in.enter_object("text")) return false;
  std::string_view key;
  while (in.next_key(key)) {
    if (key == "format" && in.json.kind() != Kind::null) {
      asked.text_has_format = true;
      if (!read_format(in, request)) return false;
    } else if (!in.json.skip()) {  // verbosity: a hint that local servers do not know
      return false;
    }
  }
  if (in.json.failed()) return false;
  asked.text_json = in.text_from(at);
  return true;
}

}  // namespace codecrucible::wire::responses

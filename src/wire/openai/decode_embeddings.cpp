#include "wire/openai/client.hpp"
#include "wire/openai/request_reader.hpp"

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

bool read_inputs(RequestReader& in, core::EmbeddingsRequest& request) {
  const std::size_t at = in.value_start();
  switch (in.json.kind()) {
    case Kind::null:
      return in.json.read_null();
    case Kind::string:
      return in.text(request.inputs.emplace_back(), "input");
    case Kind::array:
      break;
    case Kind::bad:
      return in.json.skip();
    default:
      return in.refuse("'input' must be a string or an array.", "input");
  }
  if (!in.json.enter_array()) return false;
  bool tokens = false;
  while (in.json.next_item()) {
    const Kind kind = in.json.kind();
    if (kind == Kind::string && !tokens) {
      if (!in.text(request.inputs.emplace_back(), "input")) return false;
    } else if ((kind == Kind::number || kind == Kind::array) && request.inputs.empty()) {
      tokens = true;
      if (!in.json.skip()) return false;
    } else if (kind == Kind::bad) {
      return in.json.skip();
    } else {
      return in.refuse("'input' must hold either strings or token ids.", "input");
    }
  }
  if (in.json.failed()) return false;
  if (tokens) request.token_inputs = in.text_from(at);
  return true;
}

bool read_encoding(RequestReader& in, core::EmbeddingsRequest& request) {
  std::string_view format;
  if (!in.text(format, "encoding_format")) return false;
  if (!format.empty() && format != "float" && format != "base64") {
    return in.refuse("'encoding_format' must be 'float' or 'base64'.", "encoding_format");
  }
  request.base64 = format == "base64";
  return true;
}

bool read_fields(RequestReader& in, core::EmbeddingsRequest& request) {
  if (!in.enter_object("")) return false;
  std::string_view key;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "model") {
      ok = in.text(request.model, "model");
    } else if (key == "input") {
      request.inputs.clear();  // the last one wins
      request.token_inputs = {};
      ok = read_inputs(in, request);
    } else if (key == "encoding_format") {
      ok = read_encoding(in, request);
    } else if (key == "dimensions") {
      ok = in.integer(request.dimensions, "dimensions", 1, 1 << 20);
    } else if (key == "truncate") {
      ok = in.flag(request.truncate, "truncate");
    } else if (key == "keep_alive") {
      ok = in.raw(request.keep_alive);
    } else {
      core::Extra& extra = request.extras.emplace_back();
      extra.key = key;
      ok = in.raw(extra.json);
    }
    if (!ok) return false;
  }
  if (!in.json.at_end()) return false;
  if (request.model.empty()) return in.refuse("'model' is required.", "model");
  if (request.inputs.empty() && request.token_inputs.empty()) {
    return in.refuse("'input' is required and must not be empty.", "input");
  }
  return true;
}

}  // namespace

core::Result<void> decode_embeddings(std::string_view body, core::Arena& arena,
                                     core::EmbeddingsRequest& request) {
  request.surface = core::Surface::openai_embeddings;
  RequestReader in(body, arena);
  if (!read_fields(in, request)) return in.failure();
  return {};
}

}  // namespace codecrucible::wire::openai

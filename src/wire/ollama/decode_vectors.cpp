#include "core/result.hpp"
#include "wire/ollama/client.hpp"
#include "wire/ollama/decode_fields.hpp"

namespace codecrucible::wire::ollama {
namespace {

using simdjson::ondemand::json_type;

bool read_input(JsonReader& reader, JsonValue& value, core::EmbeddingsRequest& request) {
  request.inputs.clear();
  const auto add = [&](JsonValue& item) {
    if (!JsonReader::is(item, json_type::string)) return reader.refuse("invalid input type");
    std::string_view text;
    if (!reader.text(item, text)) return false;
    request.inputs.push_back(text);
    return true;
  };
  if (reader.is_null(value)) return true;
  if (JsonReader::is(value, json_type::array)) return reader.array(value, add);
  return add(value);
}

bool read_rest(JsonReader& reader, std::string_view key, JsonValue& value, core::EmbeddingsRequest& request) {
  if (key == "model") return reader.text(value, request.model);
  if (key == "keep_alive") return read_keep_alive(reader, value, request.keep_alive);
  if (key == "truncate") return reader.boolean(value, request.truncate);
  if (key == "dimensions") return reader.integer(value, request.dimensions);
  std::string_view json;
  if (!reader.raw(value, json)) return false;
  request.extras.push_back({reader.kept(key), json});
  return true;
}

core::Result<void> checked(const core::EmbeddingsRequest& request) {
  if (request.model.empty()) return core::fail(core::Cause::bad_request, "model is required", "model");
  if (request.dimensions && *request.dimensions <= 0) {
    return core::fail(core::Cause::bad_request, "dimensions: must be positive", "dimensions");
  }
  return {};
}

}  // namespace

core::Result<void> decode_embed(std::string_view body, core::Arena& arena, core::EmbeddingsRequest& request) {
  request.surface = core::Surface::ollama_embed;
  JsonReader reader(arena.resource());
  const bool good = reader.document(body, [&](std::string_view key, JsonValue& value) {
    if (key == "input") return read_input(reader, value, request);
    return read_rest(reader, key, value, request);
  });
  if (!good) return reader.take_failure();
  return checked(request);
}

core::Result<void> decode_embeddings(std::string_view body, core::Arena& arena,
                                     core::EmbeddingsRequest& request) {
  request.surface = core::Surface::ollama_embeddings;
  JsonReader reader(arena.resource());
  std::string_view prompt;
  const bool good = reader.document(body, [&](std::string_view key, JsonValue& value) {
    if (key == "prompt") return reader.text(value, prompt);
    return read_rest(reader, key, value, request);
  });
  if (!good) return reader.take_failure();
  request.inputs.push_back(prompt);
  return checked(request);
}

core::Result<std::string_view> decode_show(std::string_view body, core::Arena& arena) {
  JsonReader reader(arena.resource());
  std::string_view model;
  std::string_view old_name;
  const bool good = reader.document(body, [&](std::string_view key, JsonValue& value) {
    if (key == "model") return reader.text(value, model);
    if (key == "name") return reader.text(value, old_name);
    std::string_view ignored;
    return reader.raw(value, ignored);
  });
  if (!good) return reader.take_failure();
  if (model.empty()) model = old_name;
  if (model.empty()) return core::fail(core::Cause::bad_request, "model is required", "model");
  return model;
}

}  // namespace codecrucible::wire::ollama

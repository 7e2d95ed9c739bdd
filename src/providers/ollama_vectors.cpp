#include "core/json_text.hpp"
#include "providers/kinds.hpp"
#include "providers/ollama_parts.hpp"
#include "wire/ollama/failure_text.hpp"

#include <simdjson.h>

namespace codecrucible::providers {
namespace {

namespace ondemand = simdjson::ondemand;

core::Failure garbage() {
  return core::fail(core::Cause::garbage, "Ollama sent something that is not an embeddings reply");
}

simdjson::error_code read_vector(ondemand::value& value, std::vector<float>& out) {
  ondemand::array numbers;
  if (const auto error = value.get_array().get(numbers)) return error;
  for (auto number : numbers) {
    double component = 0;
    if (const auto error = number.get_double().get(component)) return error;
    out.push_back(static_cast<float>(component));
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_vectors(ondemand::value& value, std::vector<std::vector<float>>& out) {
  ondemand::array rows;
  if (const auto error = value.get_array().get(rows)) return error;
  for (auto row : rows) {
    ondemand::value numbers;
    if (const auto error = row.get(numbers)) return error;
    auto& vector = out.emplace_back();
    if (out.size() > 1) vector.reserve(out.front().size());
    if (const auto error = read_vector(numbers, vector)) return error;
  }
  return simdjson::SUCCESS;
}

}  // namespace

// Both forms: "embeddings" of /api/embed and "embedding" of the old /api/embeddings.
core::Result<Embeddings> decode_ollama_embeddings(std::string_view body) {
  const simdjson::padded_string padded(body);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return garbage();
  Embeddings result;
  bool found = false;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) || field.value().get(value)) return garbage();
    if (key == "embeddings") {
      found = true;
      if (read_vectors(value, result.vectors)) return garbage();
    } else if (key == "embedding") {
      found = true;
      if (read_vector(value, result.vectors.emplace_back())) return garbage();
    } else if (key == "prompt_eval_count") {
      std::int64_t count = 0;
      if (!value.get_int64().get(count)) result.usage.prompt_tokens = count;
    } else if (key == "error") {
      return wire::ollama::failure_of_text(200, wire::ollama::error_text(body));
    }
  }
  if (!found) return garbage();
  return result;
}

namespace ollama_parts {
namespace {

// The client's options without those that would reload the model.
core::Result<void> append_vector_options(std::string& out, const core::EmbeddingsRequest& request,
                                         const Target& target) {
  const auto start = out.size();
  const auto key = [&](std::string_view name) {
    out += out.size() == start ? ",\"options\":{" : ",";
    core::append_string(out, name);
    out += ':';
  };
  if (target.num_ctx) {
    key("num_ctx");
    core::append_number(out, *target.num_ctx);
  }
  for (const auto& extra : request.extras) {
    if (extra.key != "options" || !core::is_ollama(request.surface) || extra.json == "null") continue;
    simdjson::dom::parser parser;
    simdjson::dom::object options;
    if (parser.parse(extra.json.data(), extra.json.size()).get(options)) {
      return core::fail(core::Cause::bad_request, "options: must be an object", "options");
    }
    for (const auto [name, value] : options) {
      if (is_load_time_option(name)) continue;
      key(name);
      out += simdjson::minify(value);
    }
  }
  if (out.size() != start) out += '}';
  return {};
}

}  // namespace

core::Result<Call> encode_vectors(const core::EmbeddingsRequest& request, const Target& target) {
  if (!request.token_inputs.empty()) {  // traps C17
    return core::fail(core::Cause::unsupported, "an Ollama backend takes texts, no token ids", "input");
  }
  // The old endpoint gives vectors that are not normalised: its clients get them from the same one.
  const bool old = request.surface == core::Surface::ollama_embeddings && request.inputs.size() == 1;
  Call call;
  call.path = old ? "/api/embeddings" : "/api/embed";
  call.body = "{\"model\":";
  core::append_string(call.body, target.model);
  if (old) {
    call.body += ",\"prompt\":";
    core::append_string(call.body, request.inputs.front());
  } else {
    call.body += ",\"input\":[";
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
      if (i != 0) call.body += ',';
      core::append_string(call.body, request.inputs[i]);
    }
    call.body += ']';
    // OpenAI refuses inputs that are too long; Ollama's own clients know its default, which cuts them.
    const bool truncate = request.truncate.value_or(core::is_ollama(request.surface));
    if (!truncate) call.body += ",\"truncate\":false";
    if (request.truncate == true) call.body += ",\"truncate\":true";
    if (request.dimensions) {
      call.body += ",\"dimensions\":";
      core::append_number(call.body, *request.dimensions);
    }
  }
  auto written = append_vector_options(call.body, request, target);
  if (!written) return written.error();
  append_keep_alive(call.body, target);
  call.body += '}';
  return call;
}

}  // namespace ollama_parts
}  // namespace codecrucible::providers

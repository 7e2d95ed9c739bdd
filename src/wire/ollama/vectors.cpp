#include "core/json_text.hpp"
#include "wire/ollama/client.hpp"

#include <charconv>
#include <cmath>

namespace codecrucible::wire::ollama {
namespace {

void append_vector(std::string& out, const std::vector<float>& vector) {
  out += '[';
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (i != 0) out += ',';
    char digits[32];
    const float value = std::isfinite(vector[i]) ? vector[i] : 0.0F;
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  out += ']';
}

}  // namespace

void write_embed(const std::vector<std::vector<float>>& vectors, const core::Usage& usage,
                 std::string_view model, std::string& out) {
  out += "{\"model\":";
  core::append_string(out, model);
  out += ",\"embeddings\":[";
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (i != 0) out += ',';
    append_vector(out, vectors[i]);
  }
  out += ']';
  if (usage.prompt_tokens) {
    out += ",\"prompt_eval_count\":";
    core::append_number(out, *usage.prompt_tokens);
  }
  out += '}';
}

void write_embedding(const std::vector<float>& vector, std::string& out) {
  out += "{\"embedding\":";
  append_vector(out, vector);
  out += '}';
}

}  // namespace codecrucible::wire::ollama

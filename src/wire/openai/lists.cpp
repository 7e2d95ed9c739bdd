#include "core/json_text.hpp"
#include "wire/openai/client.hpp"

#include <bit>
#include <cmath>
#include <cstring>

namespace codecrucible::wire::openai {
namespace {

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t at) {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
  };
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const unsigned group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    out += digits[group >> 18];
    out += digits[group >> 12 & 63];
    out += at + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
    out += at + 2 < bytes.size() ? digits[group & 63] : '=';
  }
}

void append_vector(std::string& out, const std::vector<float>& vector, bool base64) {
  if (base64) {
    static_assert(std::endian::native == std::endian::little, "the wire form is little-endian");
    out += '"';
    append_base64(out, {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
    out += '"';
    return;
  }
  out += '[';
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (i > 0) out += ',';
    core::append_number(out, std::isfinite(vector[i]) ? vector[i] : 0.0F);
  }
  out += ']';
}

}  // namespace

void write_embeddings(const std::vector<std::vector<float>>& vectors, const core::Usage& usage,
                      std::string_view model, bool base64, std::string& out) {
  out += "{\"object\":\"list\",\"data\":[";
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (i > 0) out += ',';
    out += "{\"object\":\"embedding\",\"index\":";
    core::append_number(out, i);
    out += ",\"embedding\":";
    append_vector(out, vectors[i], base64);
    out += '}';
  }
  out += "],\"model\":";
  core::append_string(out, model);
  const std::int64_t tokens = usage.prompt_tokens.value_or(0);
  out += ",\"usage\":{\"prompt_tokens\":";
  core::append_number(out, tokens);
  out += ",\"total_tokens\":";
  core::append_number(out, tokens);
  out += "}}";
}

void write_model(const ModelLine& line, std::string& out) {
  out += "{\"id\":";
  core::append_string(out, line.id);
  out += ",\"object\":\"model\",\"created\":";
  core::append_number(out, line.created);
  out += ",\"owned_by\":";
  core::append_string(out, line.owned_by);
  out += line.extra;
  out += '}';
}

void write_models(const std::vector<ModelLine>& lines, std::string& out) {
  out += "{\"object\":\"list\",\"data\":[";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += ',';
    write_model(lines[i], out);
  }
  out += "]}";
}

}  // namespace codecrucible::wire::openai

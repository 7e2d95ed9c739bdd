#include "core/json_text.hpp"
#include "wire/anthropic/client.hpp"

namespace codecrucible::wire::anthropic {

void write_count(std::int64_t tokens, std::string& out) {
  out += "{\"input_tokens\":";
  core::append_number(out, tokens);
  out += '}';
}

// No backend tells when its model was made; an epoch stands for "unknown" in this dialect.
void write_model(const ModelLine& line, std::string& out) {
  out += R"({"type":"model","id":)";
  core::append_string(out, line.id);
  out += ",\"display_name\":";
  core::append_string(out, line.id);
  out += R"(,"created_at":"1970-01-01T00:00:00Z","max_input_tokens":)";
  if (line.window) {
    core::append_number(out, *line.window);
  } else {
    out += "null";
  }
  out += R"(,"max_tokens":null,"capabilities":null,"lifecycle":"active","line":null,)";
  out += R"("deprecated_at":null,"retires_at":null})";
}

void write_models(const std::vector<ModelLine>& lines, std::string& out) {
  out += "{\"data\":[";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += ',';
    write_model(lines[i], out);
  }
  out += R"(],"has_more":false,"first_id":)";
  if (lines.empty()) {
    out += R"(null,"last_id":null})";
    return;
  }
  core::append_string(out, lines.front().id);
  out += ",\"last_id\":";
  core::append_string(out, lines.back().id);
  out += '}';
}

}  // namespace codecrucible::wire::anthropic

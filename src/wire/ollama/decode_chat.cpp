#include "core/result.hpp"
#include "wire/ollama/client.hpp"
#include "wire/ollama/decode_fields.hpp"

#include <array>

namespace codecrucible::wire::ollama {
namespace {

core::Result<void> model_given(const core::ChatRequest& request) {
  if (request.model.empty()) return core::fail(core::Cause::bad_request, "model is required", "model");
  return {};
}

bool blank(std::string_view body) {
  return body.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

core::Failure missing_body() {
  return core::fail(core::Cause::bad_request, "missing request body");
}

// What /api/generate says in fields is said here in messages: `system` first, then the images of the prompt.
void place(core::ChatRequest& request, std::string_view system, core::Message images) {
  if (!system.empty()) {
    auto& message = request.messages.emplace_back();
    message.role = core::Role::system;
    message.parts.push_back({core::Part::Kind::text, system, {}, {}});
  }
  if (!images.parts.empty()) request.messages.push_back(std::move(images));
}

}  // namespace

core::Result<void> decode_chat(std::string_view body, core::Arena& arena, core::ChatRequest& request) {
  if (blank(body)) return missing_body();
  request.surface = core::Surface::ollama_chat;
  request.stream = true;  // trap E2: absent means yes
  JsonReader reader(arena.resource());
  const bool good = reader.document(body, [&](std::string_view key, JsonValue& value) {
    if (key == "messages") return read_messages(reader, value, request);
    if (key == "tools") return read_tools(reader, value, request);
    return read_common(reader, key, value, request);
  });
  if (!good) return reader.take_failure();
  return model_given(request);
}

core::Result<void> decode_generate(std::string_view body, core::Arena& arena, core::ChatRequest& request) {
  if (blank(body)) return missing_body();
  request.surface = core::Surface::ollama_generate;
  request.stream = true;
  std::string_view system;
  std::optional<bool> raw;
  core::Message images(arena.resource());
  JsonReader reader(arena.resource());
  const bool good = reader.document(body, [&](std::string_view key, JsonValue& value) {
    if (key == "prompt") return reader.text(value, request.prompt);
    if (key == "suffix") return reader.text(value, request.suffix);
    if (key == "system") return reader.text(value, system);
    if (key == "raw") return reader.boolean(value, raw);
    if (key == "images") return read_images(reader, value, images);
    return read_common(reader, key, value, request);
  });
  if (!good) return reader.take_failure();
  request.raw = raw.value_or(false);
  if (request.raw && !system.empty()) {
    return core::fail(core::Cause::bad_request, "raw mode does not support template, system, or context",
                      "raw");
  }
  place(request, system, std::move(images));
  return model_given(request);
}

bool is_load_request(const core::ChatRequest& request) noexcept {
  if (request.surface == core::Surface::ollama_chat) return request.messages.empty();
  return request.surface == core::Surface::ollama_generate && request.prompt.empty();
}

bool asks_unload(const core::ChatRequest& request) noexcept {
  if (!is_load_request(request)) return false;
  constexpr std::array<std::string_view, 5> zeros = {"0", "\"0\"", "\"0s\"", "\"0m\"", "\"0h\""};
  for (const auto zero : zeros) {
    if (request.keep_alive == zero) return true;
  }
  return false;
}

}  // namespace codecrucible::wire::ollama

#pragma once

#include "core/chat.hpp"
#include "wire/ollama/json_read.hpp"

// Readers of the fields that /api/chat and /api/generate share. For the .cpp files of this folder only.
namespace codecrucible::wire::ollama {

// `options`: what core has a name for goes there, the rest stays raw in request.options (num_ctx too: whether
// it is heeded is the provider's decision). Wrong types are refused, as the server does.
bool read_options(JsonReader& reader, JsonValue& value, core::ChatRequest& request);

// "" or null, "json", or a JSON schema.
bool read_format(JsonReader& reader, JsonValue& value, core::Format& format);

// true, false, or a level.
bool read_think(JsonReader& reader, JsonValue& value, core::ChatRequest& request);

// Duration text or number of seconds; kept as it came.
bool read_keep_alive(JsonReader& reader, JsonValue& value, std::string_view& keep_alive);

// Bare base64; a "data:image/png;base64," in front is tolerated.
bool read_images(JsonReader& reader, JsonValue& value, core::Message& message);

bool read_tools(JsonReader& reader, JsonValue& value, core::ChatRequest& request);
bool read_messages(JsonReader& reader, JsonValue& value, core::ChatRequest& request);

// The fields that both requests have: model, stream, format, think, keep_alive, options, tools, logprobs;
// anything else goes to extras.
bool read_common(JsonReader& reader, std::string_view key, JsonValue& value, core::ChatRequest& request);

}  // namespace codecrucible::wire::ollama

#pragma once

#include "core/chat.hpp"
#include "core/clock.hpp"
#include "core/fleet_view.hpp"
#include "core/result.hpp"
#include "wire/dialect.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::ollama {

// Client side of Ollama's own API. `body` is followed by 64 readable bytes; views point into it or into
// `arena`.
core::Result<void> decode_chat(std::string_view body, core::Arena& arena, core::ChatRequest& request);
core::Result<void> decode_generate(std::string_view body, core::Arena& arena, core::ChatRequest& request);
core::Result<void> decode_embed(std::string_view body, core::Arena& arena, core::EmbeddingsRequest& request);
core::Result<void> decode_embeddings(std::string_view body, core::Arena& arena,
                                     core::EmbeddingsRequest& request);
// `{"model": …}` or the old `{"name": …}` of /api/show.
core::Result<std::string_view> decode_show(std::string_view body, core::Arena& arena);

// Ollama's "load" and "unload" requests: /api/chat without messages, /api/generate without prompt. No answer
// is wanted; the model is loaded (or, with keep_alive 0, dropped) and the reply is one object, even if
// `stream` is set.
bool is_load_request(const core::ChatRequest& request) noexcept;
bool asks_unload(const core::ChatRequest& request) noexcept;
void write_loaded(const ReplyContext& context, bool unloaded, std::string& out);

// Where logprobs come right after their text and the text's line was not flushed yet, they join that line;
// else they follow on a line of their own with empty content.
std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context);
std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context);
std::string error_body(const core::Failure& failure);

// Durations for a reply whose backend gives none (traps E3): put them into the usage event's `timings`.
// Without them the last object says 1 ns wherever it must not say 0.
core::Timings measured(core::Time asked, core::Time first_piece, core::Time ended) noexcept;

void write_embed(const std::vector<std::vector<float>>& vectors, const core::Usage& usage,
                 std::string_view model, std::string& out);
// /api/embeddings: the one vector.
void write_embedding(const std::vector<float>& vector, std::string& out);

// /api/tags, /api/ps, /api/show as strict clients expect them (traps E5, E6: tags on every name, capabilities
// as an array, details complete). `models` are pointers into `fleet`; virtual models ("auto") come as names.
void write_tags(const core::FleetView& fleet, const std::vector<std::string>& virtual_models,
                std::string& out);
void write_ps(const core::FleetView& fleet, std::string& out);
void write_show(const core::FleetView& fleet, const core::ModelView* model, std::string_view virtual_name,
                std::string& out);

}  // namespace codecrucible::wire::ollama

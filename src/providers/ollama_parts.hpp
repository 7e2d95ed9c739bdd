#pragma once

#include "providers/provider.hpp"

#include <string>
#include <string_view>

// What ollama.cpp is made of. For the ollama*.cpp files only.
namespace codecrucible::providers::ollama_parts {

// Bodies of /api/chat and /api/generate, of /api/embed and /api/embeddings.
core::Result<Call> encode_chat(const core::ChatRequest& request, const Target& target);
core::Result<Call> encode_generate(const core::ChatRequest& request, const Target& target);
core::Result<Call> encode_vectors(const core::EmbeddingsRequest& request, const Target& target);

// Options whose value is fixed when a model is loaded: another value would reload it (ollama.md §5, traps
// D4). A client's are not sent; `num_ctx` comes from the target, the others stay as the server has them.
bool is_load_time_option(std::string_view name) noexcept;

// `,"options":{…}` with the target's num_ctx, the sampling and the client's other options; nothing if all are
// absent.
void append_options(std::string& out, const core::ChatRequest& request, const Target& target);
// `,"keep_alive":…` of the target: each request resets it, so it must always be the same (ollama.md §7). The
// client's own is not sent.
void append_keep_alive(std::string& out, const Target& target);

// `,"messages":[…]`; `instruction` is added to the system text.
core::Result<void> append_messages(std::string& out, const core::ChatRequest& request, const Target& target,
                                   std::string_view instruction);
// The texts of a message's parts, joined by line breaks (traps C5), as the inside of a JSON string. Failure
// for parts that are neither text nor a sendable image.
core::Result<void> append_content(std::string& out, const core::Message& message, std::size_t index,
                                  const Target& target);
// `,"images":["…"]` if the message has any.
void append_images(std::string& out, const core::Message& message);

std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far);
core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies);

}  // namespace codecrucible::providers::ollama_parts

#pragma once

#include "classifier/verdict.hpp"
#include "core/chat.hpp"
#include "router/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace codecrucible::router {

// A request as far as routing cares. Views; valid for the call only. `facts_of` fills what the request itself
// tells; the gateway adds what it alone knows (headers, key, session, clock).
struct Facts {
  // Null when nobody classified (embeddings, concrete names on the fast lane): then taskType is 'general',
  // complexity 'simple', confidence 0.
  const classifier::Verdict* verdict = nullptr;

  core::Surface surface = core::Surface::openai_chat;
  std::string_view model;  // as the client wrote it; empty counts as "auto"
  std::string_view user;
  std::string_view language;  // of the code, as the first fence names it: "python"

  // Hard needs: a model that cannot do it is no candidate.
  bool tools = false;
  bool vision = false;
  bool embeddings = false;
  bool completion = false;  // raw text completion
  bool insert = false;      // fill in the middle
  bool structured = false;
  bool thinking = false;
  bool thinking_is_hint = false;  // rather one that can, but the others may answer too
  bool logprobs = false;

  bool stream = false;
  std::int64_t prompt_tokens = 0;
  std::optional<std::int64_t> max_tokens;
  std::size_t prompt_length = 0;  // bytes of text in the whole conversation

  // Value of a request header; `name` comes in lower case; empty view if absent. May be null.
  std::string_view (*header)(const void* context, std::string_view name) = nullptr;
  const void* header_context = nullptr;

  Prefer prefer = Prefer::balanced;  // x-codecrucible-prefer, --fast, --quality
  bool local_only = false;           // x-codecrucible-privacy: local
  bool may_explore = true;           // false: x-codecrucible-explore: no, budget used up
  // Patterns ('*' allowed) of what the key may use: model or "provider/model". Empty = everything.
  std::span<const std::string> allowed_models;

  // Session. `conversation` is stable over the turns of one conversation; 0 = unknown.
  std::uint64_t conversation = 0;
  bool tool_loop = false;  // the last message answers a tool call
  bool running = false;    // not the first turn
  // Where the last turn of this conversation was answered: FleetView spelling. Empty = unknown.
  std::string_view previous_provider, previous_model;

  int hour = 0;     // 0..23, local time
  int weekday = 1;  // 1 = Monday … 7 = Sunday
};

// Reads what the request itself says: needs, tokens, tool loop, conversation key (hash of the system messages
// and the first user message; with `user` mixed in). O(size of those messages).
Facts facts_of(const core::ChatRequest& request, const classifier::Verdict& verdict);

// The same for vectors; nobody classifies these.
Facts facts_of(const core::EmbeddingsRequest& request);

// Conversation key from an id that the client gave itself (header, metadata); 0 for an empty id.
std::uint64_t conversation_key(std::string_view given_id) noexcept;

// "fast", "quality", "balanced" (any case); nullopt for other words.
std::optional<Prefer> prefer_of(std::string_view word) noexcept;
std::string_view name(Prefer prefer) noexcept;

// Stable name of a surface as conditions see it: "openai-chat", "ollama-generate" …
std::string_view name(core::Surface surface) noexcept;

}  // namespace codecrucible::router

#pragma once

#include "wire/dialect.hpp"
#include "wire/openai/relay.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::wire::ollama {

// The same-dialect lane, for surface ollama_chat and ollama_generate in front of an Ollama backend: a
// well-formed line goes on as its original bytes (the backend's own name of the model stays); one that breaks
// a rule (call without id or wrongly numbered, last object without counts, error, the other surface's shape)
// is decoded and written anew. What the reply turned out to hold is told in the same words as for OpenAI's
// relay.
std::unique_ptr<openai::Relay> make_relay(const ReplyContext& context);

// A whole reply: the original bytes if nothing is wrong with them, else a mended copy in `storage`.
std::string_view relay_whole(const ReplyContext& context, std::string_view body, std::string& storage,
                             openai::Observed& observed, openai::Decoded* decoded = nullptr);

}  // namespace codecrucible::wire::ollama

#pragma once

// What a client understands of a reply, in each dialect; written from the protocols' documents, apart from
// wire/.
#include "house/client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::house {

enum class Dialect : std::uint8_t { openai_chat, openai_completions, ollama_chat, ollama_generate };

std::string name(Dialect dialect);
std::string path(Dialect dialect);
bool is_ollama(Dialect dialect);

// A request with one user message; `more` are further members, each beginning with a comma.
std::string question(Dialect dialect, const std::string& model, const std::string& prompt, bool stream,
                     const std::string& more = {});

struct Call {
  std::string id, name, arguments;
};

struct Answer {
  std::string text, reasoning, model, finish;
  std::vector<Call> calls;
  int roles = 0;        // how often the role was said
  int usages = 0;       // how often usage was told
  int bare_usages = 0;  // of these in chunks with empty choices
  std::int64_t prompt_tokens = -1, completion_tokens = -1;
  int ends = 0;    // [DONE] or done:true
  int events = 0;  // of a stream
  int logprobs = 0;
  std::int64_t total_duration = -1;
  std::optional<std::string> error;
  std::vector<std::string> broken;  // what is against the protocol
};

Answer read_whole(Dialect dialect, const Reply& reply);
Answer read_stream(Dialect dialect, const Reply& reply);
Answer read_answer(Dialect dialect, bool stream, const Reply& reply);

// Message of an error reply in the dialect; empty if the body is no proper error there.
std::string error_of(Dialect dialect, const Reply& reply);

}  // namespace codecrucible::house

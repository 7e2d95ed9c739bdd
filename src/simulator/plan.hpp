#pragma once

#include "simulator/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::simulator {

// What a request asks for, read from either dialect's JSON.
struct Ask {
  std::string model;
  std::string prompt;    // text of the last user message
  std::string all_text;  // of the whole conversation, for counting
  bool stream = false;
  bool after_tool = false;           // the last message is a tool's result
  std::string script;                // the last user message that holds a mark "[[call:…]]"
  std::vector<std::string> results;  // of tools, since that message
  std::string begun;                 // the last message is the assistant's: it is to be continued
  bool completion = false;
  bool images = false;
  bool truncate = true;  // Ollama: cut a prompt that is too long
  std::optional<bool> think;
  std::int64_t max_tokens = -1;
  int n = 1;
  bool logprobs = false;
  bool usage = true;  // of a stream
  bool messages_empty = false;
  std::string tool_choice;  // "", "none", "required", or a name
  std::string tools;        // JSON array, empty if none
  std::string schema;       // JSON schema or "{}" for any JSON; empty if free text
  std::vector<std::string> stop;
  std::optional<std::int64_t> num_ctx;
  std::optional<std::int64_t> keep_alive_seconds;
};

// Reads an OpenAI or Ollama body. Error text if the server would refuse it: LM Studio takes no null content
// and knows no max_completion_tokens, llama.cpp and vLLM do.
std::optional<std::string> read_openai(const nlohmann::json& body, bool lmstudio, Ask& ask);
std::optional<std::string> read_ollama(const nlohmann::json& body, bool generate, Ask& ask);
// Either of them, for a server of that kind; what they cannot make sense of is refused, too.
std::optional<std::string> read_ask(core::ProviderKind kind, bool generate, const nlohmann::json& body,
                                    Ask& ask);

struct PlannedCall {
  std::string id, name, arguments;  // arguments: JSON object as text
};

// What the model will say, decided before it begins. Marks in the prompt make it say what tests need:
// "[[say@MODEL:TEXT]]", "[[arguments@MODEL:JSON]]" for its tool calls, "[[logprob@MODEL:-4]]" for each token.
// "[[call:NAME JSON]]" makes it call that tool, if it is offered; several marks make several calls, each
// after the result of the one before, or all at once with "[[together]]". Then it says what the tools said.
struct Plan {
  std::vector<std::string> reasoning;
  std::vector<std::string> text;
  std::vector<PlannedCall> calls;
  std::string finish = "stop";  // or length
  std::string stopped_at;       // the stop string that was met, told by vLLM alone
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens() const {
    return static_cast<std::int64_t>(reasoning.size() + text.size() + 8 * calls.size());
  }
};

Plan plan_for(const Ask& ask, const ModelSpec& model);

// A value that satisfies a JSON schema, the same for the same schema and seed.
nlohmann::json value_for(const nlohmann::json& schema, std::uint64_t seed);

}  // namespace codecrucible::simulator

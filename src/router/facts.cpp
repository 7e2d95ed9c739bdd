#include "router/facts.hpp"

#include "router/names.hpp"

#include <xxhash.h>

#include <array>
#include <cstring>

namespace codecrucible::router {
namespace {

constexpr std::array<std::string_view, 9> surfaces{
    "openai-chat",     "openai-completions", "openai-embeddings", "openai-responses",  "ollama-chat",
    "ollama-generate", "ollama-embed",       "ollama-embeddings", "anthropic-messages"};
constexpr std::array<std::string_view, 3> wishes{"balanced", "fast", "quality"};

std::uint64_t mix(std::uint64_t key, std::string_view text) noexcept {
  return XXH3_64bits_withSeed(text.data(), text.size(), key);
}

// Claude Code puts a line into its system prompt that changes with every request; it is no part of who talks.
std::string_view without_billing(std::string_view text) noexcept {
  if (!text.starts_with("x-anthropic-billing-header")) return text;
  const auto end = text.find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(end);
}

std::uint64_t key_of(const core::ChatRequest& request) noexcept {
  std::uint64_t key = mix(1, request.user);
  bool user_seen = false;
  for (const auto& message : request.messages) {
    if (message.role == core::Role::user ? user_seen : message.role != core::Role::system) continue;
    user_seen = user_seen || message.role == core::Role::user;
    for (const auto& part : message.parts) {
      key = mix(key + static_cast<std::uint64_t>(message.role), without_billing(part.text));
      if (part.kind == core::Part::Kind::image) key = mix(key, part.image.base64.substr(0, 256));
    }
  }
  return user_seen ? key | 1 : 0;  // never 0, which means unknown
}

// The word after the first opening fence of the text: "python". Only plain words of usual length.
std::string_view fenced_language(std::string_view text) noexcept {
  const auto fence = text.find("```");
  if (fence == std::string_view::npos) return {};
  const auto rest = text.substr(fence + 3, 24);
  std::size_t length = 0;
  while (length < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[length])) != 0 ||
                                  rest[length] == '+' || rest[length] == '#' || rest[length] == '-')) {
    ++length;
  }
  const bool ends =
      length < rest.size() && (rest[length] == '\n' || rest[length] == '\r' || rest[length] == ' ');
  return ends ? rest.substr(0, length) : std::string_view();
}

void read_messages(const core::ChatRequest& request, Facts& facts) noexcept {
  for (const auto& message : request.messages) {
    facts.running = facts.running || message.role == core::Role::assistant;
    for (const auto& part : message.parts) {
      facts.prompt_length += part.text.size();
      facts.vision = facts.vision || part.kind == core::Part::Kind::image;
    }
  }
  // Results since the assistant's last turn, with or without a word of the user after them (Anthropic).
  for (auto at = request.messages.rbegin(); at != request.messages.rend(); ++at) {
    if (at->role == core::Role::assistant) break;
    facts.tool_loop = facts.tool_loop || at->role == core::Role::tool;
  }
  for (auto at = request.messages.rbegin(); at != request.messages.rend(); ++at) {
    if (at->role != core::Role::user) continue;
    for (const auto& part : at->parts) {
      if (facts.language.empty()) facts.language = fenced_language(part.text);
    }
    break;
  }
}

}  // namespace

Facts facts_of(const core::ChatRequest& request, const classifier::Verdict& verdict) {
  Facts facts;
  facts.verdict = &verdict;
  facts.surface = request.surface;
  facts.model = request.model;
  facts.user = request.user;
  facts.tools = !request.tools.empty() && request.tool_choice != core::ToolChoice::none;
  facts.insert = !request.suffix.empty();
  // Ollama's generate goes through the chat template unless it is raw, so any chat model can serve it.
  facts.completion = !facts.insert && (request.surface == core::Surface::openai_completions || request.raw);
  facts.structured = request.format.kind != core::Format::Kind::text;
  // Agents that speak Messages enable thinking whatever the model: there it is a hint and closes no gate.
  facts.thinking = request.surface != core::Surface::anthropic_messages &&
                   request.think.value_or(!request.effort.empty() && request.effort != "none");
  // An effort says how hard to think, not that there must be thinking: clients send it with every request.
  facts.thinking_is_hint = !core::is_ollama(request.surface) && !request.effort.empty();
  facts.logprobs = request.logprobs.value_or(false) || request.top_logprobs.value_or(0) > 0;
  facts.stream = request.stream;
  facts.prompt_tokens = verdict.prompt_tokens;
  facts.max_tokens = request.max_tokens;
  facts.prompt_length = request.prompt.size() + request.suffix.size();
  read_messages(request, facts);
  facts.conversation = key_of(request);
  return facts;
}

Facts facts_of(const core::EmbeddingsRequest& request) {
  Facts facts;
  facts.surface = request.surface;
  facts.model = request.model;
  facts.embeddings = true;
  facts.may_explore = false;
  std::size_t longest = request.token_inputs.size();
  for (const auto input : request.inputs) {
    facts.prompt_length += input.size();
    longest = std::max(longest, input.size());
  }
  // Each input has the window for itself. About four bytes a token; servers that truncate when told so may.
  if (!request.truncate.value_or(false)) facts.prompt_tokens = static_cast<std::int64_t>(longest / 4);
  return facts;
}

std::uint64_t conversation_key(std::string_view given_id) noexcept {
  return given_id.empty() ? 0 : mix(2, given_id) | 1;
}

std::optional<Prefer> prefer_of(std::string_view word) noexcept {
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    if (equal_ignoring_case(wishes[i], word)) return static_cast<Prefer>(i);
  }
  return std::nullopt;
}

std::string_view name(Prefer prefer) noexcept {
  return wishes[static_cast<std::size_t>(prefer)];
}
std::string_view name(core::Surface surface) noexcept {
  return surfaces[static_cast<std::size_t>(surface)];
}

}  // namespace codecrucible::router

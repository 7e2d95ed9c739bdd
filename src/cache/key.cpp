#include "cache/key.hpp"

#include "cache/digest.hpp"

#include <algorithm>
#include <vector>

namespace codecrucible::cache {
namespace {

using core::Surface;

// Surfaces that ask for the same thing in other words share their answers.
char family(Surface surface) noexcept {
  switch (surface) {
    case Surface::openai_completions:
      return 'c';
    case Surface::ollama_generate:
      return 'g';
    default:
      return 't';  // a turn in a conversation
  }
}

// Fields of a request that are about the request, not about the answer.
bool is_bookkeeping(std::string_view key) noexcept {
  constexpr std::string_view names[] = {"metadata",         "store", "service_tier", "safety_identifier",
                                        "prompt_cache_key", "user",  "keep_alive"};
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

// `false` says what silence says.
std::optional<bool> if_set(std::optional<bool> flag) noexcept {
  return flag.value_or(false) ? flag : std::nullopt;
}
std::optional<double> unless_zero(std::optional<double> value) noexcept {
  return value && *value != 0 ? value : std::nullopt;
}

void add_message(const core::Message& message, Digest& digest) {
  digest.number('M', static_cast<int>(message.role));
  for (const auto& part : message.parts) {
    switch (part.kind) {
      case core::Part::Kind::text:
        digest.text('t', part.text);
        break;
      case core::Part::Kind::image:
        digest.some('i', part.image.base64);
        digest.some('u', part.image.url);
        break;
      case core::Part::Kind::other:
        digest.json('o', part.raw);
        break;
    }
  }
  for (const auto& call : message.tool_calls) {
    digest.text('c', call.name);
    digest.some('d', call.id);
    digest.json('a', call.arguments);
  }
  digest.some('l', message.tool_call_id);
  digest.some('n', message.tool_name);
  digest.some('w', message.name);
  digest.some('r', message.reasoning);
  if (message.is_error) digest.number('e', 1);
}

void add_tools(const core::ChatRequest& request, Digest& digest) {
  if (request.tools.empty()) return;
  for (const auto& tool : request.tools) {
    digest.text('T', tool.name);
    digest.some('D', tool.description);
    digest.json('P', tool.parameters);
    digest.some('S', if_set(tool.strict));
  }
  if (request.tool_choice != core::ToolChoice::automatic) {
    digest.number('C', static_cast<int>(request.tool_choice));
    digest.some('N', request.tool_choice_name);
  }
  if (!request.parallel_tool_calls.value_or(true)) digest.number('Q', 0);
}

void add_sampling(const core::ChatRequest& request, Digest& digest) {
  const auto& sampling = request.sampling;
  digest.some('0', sampling.temperature);
  digest.some('1', sampling.top_p);
  digest.some('2', sampling.min_p);
  digest.some('3', sampling.typical_p);
  digest.some('4', unless_zero(sampling.presence_penalty));
  digest.some('5', unless_zero(sampling.frequency_penalty));
  digest.some('6', sampling.repeat_penalty);
  digest.some('7', sampling.top_k);
  digest.some('8', sampling.seed);
  digest.some('m', request.max_tokens);
  if (request.n.value_or(1) != 1) digest.some('n', request.n);
  if (request.logprobs.value_or(false)) {
    digest.number('L', 1);
    if (request.top_logprobs.value_or(0) != 0) digest.some('J', request.top_logprobs);
  }
  std::vector<std::string_view> stops(request.stop.begin(), request.stop.end());
  std::sort(stops.begin(), stops.end());
  for (const auto stop : stops) digest.text('s', stop);
  if (request.logit_bias != "{}") digest.json('b', request.logit_bias);
}

// Order of the fields in the body means nothing; `null` says what silence says.
void add_extras(char tag, const std::pmr::vector<core::Extra>& extras, Digest& digest) {
  std::vector<core::Extra> sorted;
  for (const auto& extra : extras) {
    if (!is_bookkeeping(extra.key) && extra.json != "null") sorted.push_back(extra);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  for (const auto& extra : sorted) {
    digest.text(tag, extra.key);
    digest.json(tag, extra.json);
  }
}

}  // namespace

Key key_of(const core::ChatRequest& request, const Circumstances& circumstances) {
  Digest digest;
  digest.text('@', circumstances.tenant);
  digest.text('=', circumstances.model);
  digest.number('%', circumstances.policy);
  digest.text('&', circumstances.wishes);
  digest.number('F', static_cast<unsigned char>(family(request.surface)));
  for (const auto& message : request.messages) add_message(message, digest);
  digest.some('p', request.prompt);
  digest.json('k', request.prompt_tokens_json);
  digest.some('x', request.suffix);
  if (request.raw) digest.number('R', 1);
  if (request.echo) digest.number('E', 1);
  add_tools(request, digest);
  add_sampling(request, digest);
  if (request.format.kind != core::Format::Kind::text) {
    digest.number('f', static_cast<int>(request.format.kind));
    digest.json('j', request.format.schema);
    digest.some('y', request.format.name);  // some servers show it to the model
    digest.some('S', if_set(request.format.strict));
  }
  digest.some('h', request.think);
  digest.some('H', request.effort);
  add_extras('O', request.options, digest);
  add_extras('X', request.extras, digest);
  return digest.value();
}

}  // namespace codecrucible::cache

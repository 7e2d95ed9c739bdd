#include "wire/openai/client.hpp"
#include "wire/openai/decode_parts.hpp"

#include <array>

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

// What a field's reader needs; the fields come in any order, so some are settled at the end.
struct Request {
  RequestReader& in;
  core::ChatRequest& out;
  SourceMap& source;
  std::optional<std::int64_t> max_tokens;             // -1 stands for "no limit" with local servers
  std::optional<std::int64_t> max_completion_tokens;  // the current name: wins
  bool has_messages = false;
  bool has_prompt = false;
};

struct Field {
  std::string_view name;
  bool (*read)(Request& r, std::size_t key_at);
};

// The member that begins at `key_at`, up to where the reader stands, with the comma that belongs to it.
Span member_span(std::string_view body, std::size_t key_at, std::size_t end) {
  std::size_t before = key_at;
  while (before > 0 && body[before - 1] != ',' && body[before - 1] != '{') --before;
  if (before > 0 && body[before - 1] == ',') {
    return {static_cast<std::uint32_t>(before - 1), static_cast<std::uint32_t>(end - before + 1)};
  }
  std::size_t after = end;
  while (after < body.size() &&
         (body[after] == ' ' || body[after] == '\n' || body[after] == '\r' || body[after] == '\t'))
    ++after;
  if (after < body.size() && body[after] == ',') end = after + 1;
  return {static_cast<std::uint32_t>(key_at), static_cast<std::uint32_t>(end - key_at)};
}

bool read_model(Request& r, std::size_t) {
  const std::size_t at = r.in.value_start();
  if (!r.in.text(r.out.model, "model")) return false;
  r.source.model = r.in.span(at);
  return true;
}

bool read_stream(Request& r, std::size_t) {
  std::optional<bool> stream;
  if (!r.in.flag(stream, "stream")) return false;
  r.out.stream = stream.value_or(false);
  return true;
}

bool read_stream_options(Request& r, std::size_t) {
  const std::size_t at = r.in.value_start();
  if (r.in.json.kind() == Kind::null) {
    if (!r.in.json.read_null()) return false;
  } else {
    if (!r.in.enter_object("stream_options")) return false;
    std::string_view key;
    std::optional<bool> usage;
    while (r.in.next_key(key)) {
      if (!(key == "include_usage" ? r.in.flag(usage, "stream_options.include_usage") : r.in.json.skip()))
        return false;
    }
    if (r.in.json.failed()) return false;
    r.out.include_usage = usage.value_or(false);
  }
  r.source.stream_options = r.in.span(at);
  return true;
}

bool read_max_tokens(Request& r, std::size_t key_at) {
  if (!r.in.integer(r.max_tokens, "max_tokens", -1)) return false;
  r.source.max_tokens_member = member_span(r.source.body, key_at, r.in.json.position());
  return true;
}

bool read_max_completion_tokens(Request& r, std::size_t key_at) {
  if (!r.in.integer(r.max_completion_tokens, "max_completion_tokens", -1)) return false;
  if (!r.max_completion_tokens) return true;  // null: says nothing, and `max_tokens` counts
  constexpr std::size_t quoted = std::string_view("\"max_completion_tokens\"").size();
  r.source.max_completion_tokens_key = Span{static_cast<std::uint32_t>(key_at), quoted};
  return true;
}

bool read_effort(Request& r, std::size_t) {
  if (!r.in.text(r.out.effort, "reasoning_effort")) return false;
  if (!r.out.effort.empty()) r.out.think = r.out.effort != "none";
  return true;
}

// Ollama's field, also known to other local servers: true, false or a level.
bool read_think(Request& r, std::size_t) {
  if (r.in.json.kind() == Kind::string) return r.in.text(r.out.effort, "think") && (r.out.think = true);
  return r.in.flag(r.out.think, "think");
}

bool read_template_arguments(Request& r, std::size_t) {
  const std::size_t at = r.in.value_start();
  if (r.in.json.kind() != Kind::object) return r.in.json.skip();
  if (!r.in.json.enter_object()) return false;
  std::string_view key;
  while (r.in.next_key(key)) {
    const bool wish = key == "enable_thinking" && r.in.json.kind() == Kind::boolean;
    if (!(wish ? r.in.flag(r.out.think, key) : r.in.json.skip())) return false;
  }
  if (r.in.json.failed()) return false;
  r.out.extras.push_back({"chat_template_kwargs", r.in.text_from(at)});
  return true;
}

bool read_response_format_at(Request& r, std::size_t) {
  const std::size_t at = r.in.value_start();
  if (!read_response_format(r.in, r.out)) return false;
  r.source.response_format = r.in.span(at);
  return true;
}

// Completions say how many alternatives they want in `logprobs` itself.
bool read_logprobs_value(Request& r) {
  if (r.out.surface != core::Surface::openai_completions || r.in.json.kind() == Kind::boolean) {
    return r.in.flag(r.out.logprobs, "logprobs");
  }
  if (!r.in.integer(r.out.top_logprobs, "logprobs", 0, 20)) return false;
  if (r.out.top_logprobs) r.out.logprobs = true;
  return true;
}

bool read_logprobs(Request& r, std::size_t) {
  const std::size_t at = r.in.value_start();
  if (!read_logprobs_value(r)) return false;
  r.source.logprobs = r.in.span(at);
  return true;
}

bool read_tools_at(Request& r, std::size_t) {
  const std::size_t at = r.in.value_start();
  if (!read_tools(r.in, r.out)) return false;
  r.source.tools = r.in.span(at);
  return true;
}

bool read_tool_choice_at(Request& r, std::size_t) {
  const std::size_t at = r.in.value_start();
  if (!read_tool_choice(r.in, r.out, "tool_choice")) return false;
  r.source.tool_choice = r.in.span(at);
  return true;
}

// One text is a text; token ids and several prompts go on as they came.
bool read_prompt(Request& r, std::size_t) {
  const Kind kind = r.in.json.kind();
  if (kind == Kind::null) return r.in.json.read_null();
  r.has_prompt = true;
  if (kind == Kind::string) return r.in.text(r.out.prompt, "prompt");
  if (kind != Kind::array) {
    return kind == Kind::bad ? r.in.json.skip()
                             : r.in.refuse("'prompt' must be a string or an array.", "prompt");
  }
  const std::size_t at = r.in.value_start();
  if (!r.in.json.enter_array()) return false;
  std::size_t texts = 0, others = 0;
  while (r.in.json.next_item()) {
    switch (r.in.json.kind()) {
      case Kind::string:
        ++texts;
        if (!r.in.text(r.out.prompt, "prompt")) return false;
        break;
      case Kind::number:
      case Kind::array:
        ++others;
        if (!r.in.json.skip()) return false;
        break;
      case Kind::bad:
        return r.in.json.skip();
      default:
        return r.in.refuse("'prompt' must hold strings or token ids.", "prompt");
    }
  }
  if (r.in.json.failed()) return false;
  if (texts + others == 0) return r.in.refuse("'prompt' must not be empty.", "prompt");
  if (texts == 1 && others == 0) return true;
  r.out.prompt = {};
  r.out.prompt_tokens_json = r.in.text_from(at);
  return true;
}

bool read_keep_alive(Request& r, std::size_t) {
  return r.in.null() || r.in.raw(r.out.keep_alive);
}

bool read_legacy_functions(Request& r, std::size_t) {
  r.source.legacy_functions = true;
  r.source.offers_functions = r.in.json.kind() == Kind::array;
  return read_functions(r.in, r.out);
}

bool read_echo(Request& r, std::size_t) {
  std::optional<bool> echo;
  if (!r.in.flag(echo, "echo")) return false;
  r.out.echo = echo.value_or(false);
  return true;
}

#define SAMPLING(field, low, high) \
  {#field, [](Request& r, std::size_t) { return r.in.number(r.out.sampling.field, #field, low, high); }}

// Every field with a meaning of its own here; all others are carried as extras.
constexpr Field fields[] = {
    {"model", read_model},
    {"messages",
     [](Request& r, std::size_t) {
       r.has_messages = true;
       return read_messages(r.in, r.out, r.source);
     }},
    {"stream", read_stream},
    {"stream_options", read_stream_options},
    {"max_tokens", read_max_tokens},
    {"max_completion_tokens", read_max_completion_tokens},
    SAMPLING(temperature, 0, 2),
    SAMPLING(top_p, 0, 1),
    SAMPLING(min_p, 0, 1),
    SAMPLING(typical_p, 0, 1),
    SAMPLING(presence_penalty, -2, 2),
    SAMPLING(frequency_penalty, -2, 2),
    SAMPLING(repeat_penalty, 0, 10),
    {"top_k", [](Request& r, std::size_t) { return r.in.integer(r.out.sampling.top_k, "top_k", -1); }},
    {"seed", [](Request& r, std::size_t) { return r.in.integer(r.out.sampling.seed, "seed"); }},
    {"stop", [](Request& r, std::size_t) { return read_stop(r.in, r.out); }},
    {"n", [](Request& r, std::size_t) { return r.in.integer(r.out.n, "n", 1, 128); }},
    {"logprobs", read_logprobs},
    {"top_logprobs",
     [](Request& r, std::size_t) { return r.in.integer(r.out.top_logprobs, "top_logprobs", 0, 20); }},
    {"logit_bias", [](Request& r, std::size_t) { return r.in.raw_object(r.out.logit_bias, "logit_bias"); }},
    {"tools", read_tools_at},
    {"tool_choice", read_tool_choice_at},
    {"parallel_tool_calls",
     [](Request& r, std::size_t) { return r.in.flag(r.out.parallel_tool_calls, "parallel_tool_calls"); }},
    {"response_format", read_response_format_at},
    {"reasoning_effort", read_effort},
    {"think", read_think},
    {"enable_thinking", [](Request& r, std::size_t) { return r.in.flag(r.out.think, "enable_thinking"); }},
    {"chat_template_kwargs", read_template_arguments},
    {"user", [](Request& r, std::size_t) { return r.in.text(r.out.user, "user"); }},
    {"keep_alive", read_keep_alive},
    {"functions", read_legacy_functions},
    {"function_call",
     [](Request& r, std::size_t) {
       r.source.legacy_functions = true;
       return read_tool_choice(r.in, r.out, "function_call");
     }},
    {"prompt", read_prompt},
    {"suffix", [](Request& r, std::size_t) { return r.in.text(r.out.suffix, "suffix"); }},
    {"echo", read_echo},
};
#undef SAMPLING
static_assert(std::size(fields) <= 64);

// Position of the field in the table, or its size. Completions' own fields mean nothing to chat.
std::size_t index_of(std::string_view key, core::Surface surface) {
  const bool chat = surface == core::Surface::openai_chat;
  if (chat ? key == "prompt" || key == "suffix" || key == "echo" : key == "messages")
    return std::size(fields);
  std::size_t index = 0;
  while (index < std::size(fields) && fields[index].name != key) ++index;
  return index;
}

bool read_fields(Request& r) {
  if (!r.in.enter_object("")) return false;
  r.source.open = static_cast<std::uint32_t>(r.in.json.position());
  std::uint64_t seen = 0;
  JsonString raw_key;
  while (r.in.json.next_key(raw_key)) {
    const std::string_view key = unescape(raw_key, r.in.arena);
    const auto key_at = static_cast<std::size_t>(raw_key.raw.data() - r.source.body.data()) - 1;
    const std::size_t index = index_of(key, r.out.surface);
    if (index == std::size(fields)) {
      core::Extra& extra = r.out.extras.emplace_back();
      extra.key = key;
      if (!r.in.raw(extra.json)) return false;
      continue;
    }
    // Twice the same field: servers differ in which one they take, so neither is taken.
    if (raw_key.escaped || (seen >> index & 1) != 0) {
      return r.in.refuse("'" + std::string(key) + "' must stand once, spelled plainly.", key);
    }
    seen |= std::uint64_t{1} << index;
    if (!fields[index].read(r, key_at)) return false;
  }
  return r.in.json.at_end();
}

bool settle(Request& r) {
  core::ChatRequest& out = r.out;
  if (out.model.empty()) return r.in.refuse("'model' is required.", "model");
  const bool chat = out.surface == core::Surface::openai_chat;
  if (chat && !r.has_messages) return r.in.refuse("'messages' is required.", "messages");
  if (chat && out.messages.empty())
    return r.in.refuse("'messages' must hold at least one message.", "messages");
  if (!chat && !r.has_prompt) return r.in.refuse("'prompt' is required.", "prompt");
  out.max_tokens = r.max_completion_tokens ? r.max_completion_tokens : r.max_tokens;
  if (out.max_tokens == 0 && chat) {
    return r.in.refuse("The token limit must be at least 1.",
                       r.max_completion_tokens ? "max_completion_tokens" : "max_tokens");
  }
  if (out.max_tokens == -1) out.max_tokens.reset();
  if (chat && out.top_logprobs && *out.top_logprobs > 0 && !out.logprobs.value_or(false)) {
    return r.in.refuse("'top_logprobs' needs 'logprobs' to be true.", "top_logprobs");
  }
  const auto choice = out.tool_choice;
  const bool needs_tools = choice == core::ToolChoice::required || choice == core::ToolChoice::named;
  if (needs_tools && out.tools.empty())
    return r.in.refuse("'tool_choice' asks for a tool, but there are no 'tools'.", "tool_choice");
  return true;
}

core::Result<void> decode(core::Surface surface, std::string_view body, core::Arena& arena,
                          core::ChatRequest& request, SourceMap& source) {
  request.surface = surface;
  source.body = body;
  RequestReader in(body, arena);
  Request r{in, request, source, {}, {}, false, false};
  if (!read_fields(r) || !settle(r)) return in.failure();
  source.unread = in.take_unread();
  return {};
}

}  // namespace

core::Result<void> decode_chat(std::string_view body, core::Arena& arena, core::ChatRequest& request,
                               SourceMap& source) {
  return decode(core::Surface::openai_chat, body, arena, request, source);
}

core::Result<void> decode_completion(std::string_view body, core::Arena& arena, core::ChatRequest& request,
                                     SourceMap& source) {
  return decode(core::Surface::openai_completions, body, arena, request, source);
}

}  // namespace codecrucible::wire::openai

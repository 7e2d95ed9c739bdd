#include "wire/openai/decode_parts.hpp"
#include "wire/responses/client.hpp"
#include "wire/responses/decode_parts.hpp"

#include <array>
#include <limits>

namespace codecrucible::wire::responses {
namespace {

using Kind = JsonReader::Kind;

// Fields whose meaning hangs on others wait as text until all were seen.
struct Request {
  RequestReader& in;
  core::ChatRequest& out;
  Asked& asked;
  std::string_view tools, tool_choice, input, instructions;
};

struct Field {
  std::string_view name;
  bool (*read)(Request& r);
};

bool read_flag(RequestReader& in, bool& out, std::string_view field) {
  std::optional<bool> value;
  if (!in.flag(value, field)) return false;
  if (value) out = *value;
  return true;
}

bool read_instructions(Request& r) {
  const std::size_t at = r.in.value_start();
  if (!r.in.text(r.instructions, "instructions")) return false;
  r.asked.instructions_json = r.in.text_from(at);
  return true;
}

bool read_max_output_tokens(Request& r) {
  if (!r.in.integer(r.out.max_tokens, "max_output_tokens", 1)) return false;
  if (r.out.max_tokens) r.asked.max_output_tokens = *r.out.max_tokens;
  return true;
}

bool read_temperature(Request& r) {
  if (!r.in.number(r.out.sampling.temperature, "temperature", 0, 2)) return false;
  r.asked.temperature = r.out.sampling.temperature;
  return true;
}

bool read_top_p(Request& r) {
  if (!r.in.number(r.out.sampling.top_p, "top_p", 0, 1)) return false;
  r.asked.top_p = r.out.sampling.top_p;
  return true;
}

bool read_parallel(Request& r) {
  if (!r.in.flag(r.out.parallel_tool_calls, "parallel_tool_calls")) return false;
  r.asked.parallel = r.out.parallel_tool_calls.value_or(true);
  return true;
}

// `{"effort":…,"summary":…}`; `generate_summary` is the summary's old name.
bool read_reasoning(Request& r) {
  if (r.in.json.kind() == Kind::null) return r.in.json.read_null();
  const std::size_t at = r.in.value_start();
  if (!r.in.enter_object("reasoning")) return false;
  std::string_view key, summary;
  while (r.in.next_key(key)) {
    bool ok = false;
    if (key == "effort") {
      ok = r.in.text(r.out.effort, "reasoning.effort");
    } else if (key == "summary" || key == "generate_summary") {
      std::string_view said;
      ok = r.in.text(said, "reasoning.summary");
      if (!said.empty()) summary = said;
    } else {
      ok = r.in.json.skip();
    }
    if (!ok) return false;
  }
  if (r.in.json.failed()) return false;
  r.asked.reasoning_json = r.in.text_from(at);
  r.asked.summary = !summary.empty() && summary != "none";
  if (!r.out.effort.empty()) r.out.think = r.out.effort != "none";
  return true;
}

// What else the reply shall hold. Names of other things belong to tools that do not run here.
bool read_include(Request& r) {
  if (r.in.json.kind() == Kind::null) return r.in.json.read_null();
  if (!r.in.enter_array("include")) return false;
  for (std::size_t index = 0; r.in.json.next_item(); ++index) {
    const RequestReader::Inside inside(r.in, "include", index);
    std::string_view name;
    if (!r.in.text(name, "")) return false;
    if (name == "message.output_text.logprobs") r.out.logprobs = true;
    if (name == "reasoning.encrypted_content") r.asked.keeps_sealed = true;
  }
  return !r.in.json.failed();
}

// "auto" asks for a cut where the prompt is too long; nothing is cut here, so that it is an error as ever.
bool read_truncation(Request& r) {
  if (!r.in.text(r.asked.truncation, "truncation")) return false;
  const auto word = r.asked.truncation;
  return word.empty() || word == "auto" || word == "disabled" ||
         r.in.refuse("'truncation' must be 'auto' or 'disabled'.", "truncation");
}

bool read_template_arguments(Request& r) {
  std::string_view json;
  if (!r.in.raw_object(json, "chat_template_kwargs")) return false;
  if (!json.empty()) r.out.extras.push_back({"chat_template_kwargs", json});
  return true;
}

bool read_stream_options(Request& r) {
  std::string_view json;
  return r.in.raw_object(json, "stream_options");
}

// Things that only OpenAI's service has: null and false are as good as nothing.
template <const std::string_view& name>
bool refuse_foreign(Request& r) {
  if (r.in.json.kind() == Kind::null) return r.in.json.read_null();
  bool value = true;
  if (r.in.json.kind() == Kind::boolean && r.in.json.read_bool(value) && !value) return true;
  return r.in.refuse("'" + std::string(name) + "' is not supported here." +
                         (name == "conversation" ? " Use 'previous_response_id'." : ""),
                     name, core::Cause::unsupported);
}

constexpr std::string_view background = "background", conversation = "conversation", prompt = "prompt";

#define SAMPLING(field, low, high) \
  {#field, [](Request& r) { return r.in.number(r.out.sampling.field, #field, low, high); }}

// Every field with a meaning here. Others steer OpenAI's own service or the client itself and are passed
// over: a backend speaks another dialect and could not know them.
constexpr Field fields[] = {
    {"model", [](Request& r) { return r.in.text(r.out.model, "model"); }},
    {"input", [](Request& r) { return r.in.null() || r.in.raw(r.input); }},
    {"instructions", read_instructions},
    {"stream", [](Request& r) { return read_flag(r.in, r.out.stream, "stream"); }},
    {"stream_options", read_stream_options},
    {"tools", [](Request& r) { return r.in.null() || r.in.raw(r.tools); }},
    {"tool_choice", [](Request& r) { return r.in.null() || r.in.raw(r.tool_choice); }},
    {"parallel_tool_calls", read_parallel},
    {"text", [](Request& r) { return read_text(r.in, r.out, r.asked); }},
    {"reasoning", read_reasoning},
    {"max_output_tokens", read_max_output_tokens},
    {"temperature", read_temperature},
    {"top_p", read_top_p},
    SAMPLING(min_p, 0, 1),
    SAMPLING(presence_penalty, -2, 2),
    SAMPLING(frequency_penalty, -2, 2),
    SAMPLING(repeat_penalty, 0, 10),
    {"top_k", [](Request& r) { return r.in.integer(r.out.sampling.top_k, "top_k", -1); }},
    {"seed", [](Request& r) { return r.in.integer(r.out.sampling.seed, "seed"); }},
    {"stop", [](Request& r) { return openai::read_stop(r.in, r.out); }},
    {"top_logprobs", [](Request& r) { return r.in.integer(r.out.top_logprobs, "top_logprobs", 0, 20); }},
    {"include", read_include},
    {"metadata", [](Request& r) { return r.in.raw_object(r.asked.metadata_json, "metadata"); }},
    {"store", [](Request& r) { return read_flag(r.in, r.asked.store, "store"); }},
    {"previous_response_id", [](Request& r) { return r.in.text(r.asked.previous, "previous_response_id"); }},
    {"truncation", read_truncation},
    {"user", [](Request& r) { return r.in.text(r.out.user, "user"); }},
    {"chat_template_kwargs", read_template_arguments},
    {"background", refuse_foreign<background>},
    {"conversation", refuse_foreign<conversation>},
    {"prompt", refuse_foreign<prompt>},
};
#undef SAMPLING
static_assert(std::size(fields) <= 64);

bool read_fields(Request& r) {
  if (!r.in.enter_object("")) return false;
  std::uint64_t seen = 0;
  std::string_view key;
  while (r.in.next_key(key)) {
    std::size_t index = 0;
    while (index < std::size(fields) && fields[index].name != key) ++index;
    if (index == std::size(fields)) {
      if (!r.in.json.skip()) return false;
      continue;
    }
    if ((seen >> index & 1) != 0) return r.in.refuse("'" + std::string(key) + "' must stand once.", key);
    seen |= std::uint64_t{1} << index;
    if (!fields[index].read(r)) return false;
  }
  return r.in.json.at_end();
}

core::Result<void> read_offers(Request& r) {
  if (!r.tools.empty()) {
    RequestReader tools(r.tools, r.in.arena);
    if (!read_tools(tools, r.out, r.asked)) return tools.failure();
    r.asked.tools_json = r.tools;
  }
  if (r.tool_choice.empty()) return {};
  RequestReader choice(r.tool_choice, r.in.arena);
  if (!read_tool_choice(choice, r.out, r.asked)) return choice.failure();
  r.asked.tool_choice_json = r.tool_choice;
  const bool needed =
      r.out.tool_choice == core::ToolChoice::required || r.out.tool_choice == core::ToolChoice::named;
  if (needed && r.out.tools.empty()) {
    return core::fail(core::Cause::bad_request,
                      "'tool_choice' asks for a tool, but there are no 'tools' that can be used here.",
                      "tool_choice");
  }
  return {};
}

core::Result<void> read_conversation(Request& r, Recall& recall) {
  if (!r.instructions.empty()) {
    auto& message = r.out.messages.emplace_back();
    message.role = core::Role::system;
    message.parts.emplace_back().text = r.instructions;
  }
  ItemReader items(r.out, r.asked, recall);
  if (!r.asked.previous.empty()) {
    std::vector<std::string_view> arrays;
    if (!recall.conversation(r.asked.previous, arrays)) {
      return core::fail(
          core::Cause::bad_request,
          "Previous response with id '" + std::string(r.asked.previous.substr(0, 200)) + "' not found.",
          "previous_response_id");
    }
    for (const auto array : arrays) {
      RequestReader earlier(array, r.in.arena);
      if (!items.read_earlier(earlier)) return earlier.failure();
    }
  }
  const auto said = r.out.messages.size();
  if (r.input.empty()) {
    return core::fail(core::Cause::bad_request, "'input' is required.", "input");
  }
  RequestReader input(r.input, r.in.arena);
  if (!items.read_input(input)) return input.failure();
  if (r.out.messages.size() == said && r.asked.previous.empty()) {
    return core::fail(core::Cause::bad_request, "'input' must hold at least one item.", "input");
  }
  return {};
}

}  // namespace

core::Result<void> decode(std::string_view body, core::Arena& arena, core::ChatRequest& request, Asked& asked,
                          Recall& recall) {
  request.surface = core::Surface::openai_responses;
  RequestReader in(body, arena);
  Request r{in, request, asked, {}, {}, {}, {}};
  if (!read_fields(r)) return in.failure();
  asked.user = request.user;
  if (request.model.empty()) return core::fail(core::Cause::bad_request, "'model' is required.", "model");
  auto read = read_offers(r);
  if (!read) return read;
  if (request.top_logprobs.value_or(0) > 0) request.logprobs = true;
  return read_conversation(r, recall);
}

}  // namespace codecrucible::wire::responses

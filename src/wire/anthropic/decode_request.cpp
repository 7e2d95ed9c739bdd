#include "wire/anthropic/decode_parts.hpp"

#include <algorithm>

namespace codecrucible::wire::anthropic {
namespace {

using Kind = JsonReader::Kind;

// What a field's reader needs; the fields come in any order, so some are settled at the end.
struct Request {
  RequestReader& in;
  core::ChatRequest& out;
  Wishes& wishes;
  std::pmr::vector<core::Part> system;
  std::string_view thinking;  // "enabled", "disabled", "adaptive"
  std::string_view display;   // of the thinking: "summarized", "omitted"
  std::optional<std::int64_t> budget;
  bool has_messages = false;
};

struct Field {
  std::string_view name;
  bool (*read)(Request& r);
};

bool read_stop(Request& r) {
  constexpr std::size_t most = 64;
  if (r.in.null()) return true;
  if (!r.in.enter_array("stop_sequences")) return false;
  while (r.in.json.next_item()) {
    std::string_view text;
    if (r.out.stop.size() == most) {
      return r.in.refuse("'stop_sequences' holds more than 64 strings.", "stop_sequences");
    }
    if (!r.in.text(text, "stop_sequences")) return false;
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return r.in.refuse("Each of 'stop_sequences' must hold more than white space.", "stop_sequences");
    }
    r.out.stop.push_back(text);
  }
  return !r.in.json.failed();
}

bool read_thinking(Request& r) {
  if (r.in.null()) return true;
  const bool ok = read_members(r.in, "thinking", [&](std::string_view key) {
    if (key == "type") return r.in.text(r.thinking, "thinking.type");
    if (key == "budget_tokens") return r.in.integer(r.budget, "thinking.budget_tokens", 0);
    if (key == "display") return r.in.text(r.display, "thinking.display");
    return r.in.json.skip();
  });
  if (!ok) return false;
  const bool known = r.thinking == "enabled" || r.thinking == "disabled" || r.thinking == "adaptive";
  return known ||
         r.in.refuse("'thinking.type' must be 'enabled', 'disabled' or 'adaptive'.", "thinking.type");
}

bool read_format(Request& r, std::string_view field) {
  if (r.in.null()) return true;
  std::string_view type, schema;
  const bool ok = read_members(r.in, field, [&](std::string_view key) {
    if (key == "type") return r.in.text(type, field);
    return key == "schema" ? r.in.raw_object(schema, field) : r.in.json.skip();
  });
  if (!ok) return false;
  if (type != "json_schema" || schema.empty()) {
    return r.in.refuse("'" + std::string(field) + "' must be of type 'json_schema' with a 'schema'.", field);
  }
  r.out.format.kind = core::Format::Kind::schema;
  r.out.format.schema = schema;
  return true;
}

bool read_output_config(Request& r) {
  if (r.in.null()) return true;
  return read_members(r.in, "output_config", [&](std::string_view key) {
    if (key == "effort") return r.in.text(r.out.effort, "output_config.effort");
    return key == "format" ? read_format(r, "output_config.format") : r.in.json.skip();
  });
}

bool read_metadata(Request& r) {
  if (r.in.json.kind() != Kind::object) return r.in.json.skip();
  return read_members(r.in, "metadata", [&](std::string_view key) {
    return key == "user_id" ? r.in.text(r.out.user, "metadata.user_id") : r.in.json.skip();
  });
}

bool read_stream(Request& r) {
  std::optional<bool> stream;
  if (!r.in.flag(stream, "stream")) return false;
  r.out.stream = stream.value_or(false);
  return true;
}

// A client that threads sends the new messages only; told this, it sends all of them again and goes on
// without threads (anthropic.md, message threads).
bool read_thread(Request& r) {
  return r.in.null() || r.in.refuse("Message threads are not kept here: send the whole conversation.",
                                    "thread", core::Cause::unsupported);
}

// Every field with a meaning of its own here; all others steer Anthropic's own service and are passed over.
constexpr Field fields[] = {
    {"model", [](Request& r) { return r.in.text(r.out.model, "model"); }},
    {"max_tokens", [](Request& r) { return r.in.integer(r.out.max_tokens, "max_tokens", 0); }},
    {"messages",
     [](Request& r) {
       r.has_messages = true;
       return read_messages(r.in, r.out);
     }},
    {"system", [](Request& r) { return read_system(r.in, r.system); }},
    {"stream", read_stream},
    {"temperature", [](Request& r) { return r.in.number(r.out.sampling.temperature, "temperature", 0, 1); }},
    {"top_p", [](Request& r) { return r.in.number(r.out.sampling.top_p, "top_p", 0, 1); }},
    {"top_k", [](Request& r) { return r.in.integer(r.out.sampling.top_k, "top_k", 0); }},
    {"stop_sequences", read_stop},
    {"tools", [](Request& r) { return read_tools(r.in, r.out); }},
    {"tool_choice", [](Request& r) { return read_tool_choice(r.in, r.out); }},
    {"thinking", read_thinking},
    {"output_config", read_output_config},
    {"output_format", [](Request& r) { return read_format(r, "output_format"); }},
    {"metadata", read_metadata},
    {"thread", read_thread},
};
static_assert(std::size(fields) <= 32);

bool read_fields(Request& r) {
  if (!r.in.enter_object("")) return false;
  std::uint32_t seen = 0;
  JsonString raw_key;
  while (r.in.json.next_key(raw_key)) {
    const std::string_view key = unescape(raw_key, r.in.arena);
    const auto* const field =
        std::find_if(std::begin(fields), std::end(fields), [&](const Field& one) { return one.name == key; });
    if (field == std::end(fields)) {
      if (!r.in.json.skip()) return false;
      continue;
    }
    const auto bit = 1U << (field - fields);
    if ((seen & bit) != 0) return r.in.refuse("'" + std::string(key) + "' must stand once.", key);
    seen |= bit;
    if (!field->read(r)) return false;
  }
  return r.in.json.at_end();
}

void settle_system(Request& r) {
  if (r.system.empty()) return;
  auto& messages = r.out.messages;
  if (messages.empty() || messages.front().role != core::Role::system) {
    messages.emplace(messages.begin())->role = core::Role::system;
  }
  auto& parts = messages.front().parts;
  parts.insert(parts.begin(), r.system.begin(), r.system.end());
}

// Levels that all servers know. A budget of tokens says about the same (anthropic.md part 9).
std::string_view level_of(const Request& r) {
  const std::string_view effort = r.out.effort;
  if (effort == "xhigh" || effort == "max") return "high";
  if (!effort.empty() || !r.budget) return effort;
  return *r.budget < 4096 ? "low" : *r.budget < 16384 ? "medium" : "high";
}

// To models that cannot think this is without effect; no thinking was asked for means no thinking is shown.
// What continues a text of the assistant cannot think before it.
void settle_thinking(Request& r) {
  const bool continues = !r.out.messages.empty() && r.out.messages.back().role == core::Role::assistant;
  const bool wanted = !r.thinking.empty() && r.thinking != "disabled" && !continues;
  if (wanted || !r.thinking.empty() || continues) r.out.think = wanted;
  r.out.effort = wanted ? level_of(r) : std::string_view();
  r.wishes.show_thinking = wanted && r.display != "omitted";
}

// Tools that were passed over leave a choice without a meaning, unless it names one of them.
bool settle_tools(Request& r) {
  const auto choice = r.out.tool_choice;
  if (choice == core::ToolChoice::named) {
    const auto known = [&](const core::Tool& tool) { return tool.name == r.out.tool_choice_name; };
    if (std::none_of(r.out.tools.begin(), r.out.tools.end(), known)) {
      return r.in.refuse("'tool_choice' names '" + std::string(r.out.tool_choice_name) +
                             "', which is not among the tools that a local model can call.",
                         "tool_choice.name");
    }
  }
  if (choice == core::ToolChoice::required && r.out.tools.empty()) {
    return r.in.refuse("'tool_choice' asks for a tool, but there is none that a local model can call.",
                       "tool_choice");
  }
  if (r.out.tools.empty()) r.out.parallel_tool_calls.reset();
  r.wishes.one_call = r.out.parallel_tool_calls == false;
  return true;
}

bool settle(Request& r, bool counting) {
  if (r.out.model.empty()) return r.in.refuse("'model' is required.", "model");
  if (!r.has_messages) return r.in.refuse("'messages' is required.", "messages");
  settle_thinking(r);
  settle_system(r);
  const auto says = [](const core::Message& message) { return message.role != core::Role::system; };
  if (std::none_of(r.out.messages.begin(), r.out.messages.end(), says)) {
    return r.in.refuse("'messages' must hold at least one message.", "messages");
  }
  if (!counting && !r.out.max_tokens) return r.in.refuse("'max_tokens' is required.", "max_tokens");
  // Zero only warms Anthropic's cache; one token warms that of a local server.
  if (r.out.max_tokens) r.out.max_tokens = std::max<std::int64_t>(1, *r.out.max_tokens);
  return settle_tools(r);
}

core::Result<void> decode_any(std::string_view body, core::Arena& arena, core::ChatRequest& request,
                              Wishes& wishes, bool counting) {
  request.surface = core::Surface::anthropic_messages;
  RequestReader in(body, arena);
  Request r{in, request, wishes, std::pmr::vector<core::Part>(arena.resource()), {}, {}, {}, false};
  if (!read_fields(r) || !settle(r, counting)) return in.failure();
  return {};
}

}  // namespace

core::Result<void> decode(std::string_view body, core::Arena& arena, core::ChatRequest& request,
                          Wishes& wishes) {
  return decode_any(body, arena, request, wishes, false);
}

core::Result<void> decode_count(std::string_view body, core::Arena& arena, core::ChatRequest& request) {
  Wishes unused;
  return decode_any(body, arena, request, unused, true);
}

}  // namespace codecrucible::wire::anthropic

#include "wire/responses/output.hpp"

#include "core/json_text.hpp"
#include "wire/json_reader.hpp"
#include "wire/openai/tool_calls.hpp"

namespace codecrucible::wire::responses {
namespace {

std::string_view prefix_of(OutputItem::Kind kind, bool custom) {
  switch (kind) {
    case OutputItem::Kind::reasoning:
      return "rs_";
    case OutputItem::Kind::message:
      return "msg_";
    case OutputItem::Kind::call:
      break;
  }
  return custom ? "ctc_" : "fc_";
}

// "msg_", what stands behind "resp_" in the response's id, and the item's number.
std::string item_id(std::string_view prefix, std::string_view response, std::size_t number) {
  if (response.starts_with("resp_")) response.remove_prefix(5);
  std::string id(prefix);
  id += response;
  id += '_';
  core::append_number(id, number);
  return id;
}

void append_member(std::string_view key, std::string_view text, std::string& out) {
  out.append(",\"").append(key).append("\":");
  core::append_string(out, text);
}

}  // namespace

OutputItem& Output::add(OutputItem::Kind kind) {
  OutputItem& item = items_.emplace_back();
  item.kind = kind;
  return item;
}

Output::Place Output::last_or_new(OutputItem::Kind kind) {
  Place place;
  place.new_item = items_.empty() || items_.back().kind != kind || items_.back().closed;
  if (place.new_item) {
    std::string id = item_id(prefix_of(kind, false), context_.id, items_.size());
    add(kind).id = std::move(id);
  }
  place.item = &items_.back();
  place.index = items_.size() - 1;
  return place;
}

Output::Place Output::call(const core::Event& event) {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    OutputItem& item = items_[i];
    if (item.kind != OutputItem::Kind::call || item.tool_index != event.tool_index) continue;
    item.text += event.text;
    return {&item, i, false, false};
  }
  if (event.tool_name.empty()) return {};
  OutputItem& item = add(OutputItem::Kind::call);
  item.tool_index = event.tool_index;
  item.name = event.tool_name;
  item.text = event.text;
  item.call_id = event.tool_id.empty() ? openai::made_call_id(context_.id, 0, event.tool_index)
                                       : std::string(event.tool_id);
  if (context_.asked != nullptr) {
    for (const auto& tool : context_.asked->special) {
      if (tool.sent != event.tool_name) continue;
      item.name = tool.name;
      item.name_space = tool.name_space;
      item.custom = tool.custom;
    }
  }
  item.id = item_id(prefix_of(item.kind, item.custom), context_.id, items_.size() - 1);
  return {&item, items_.size() - 1, true, false};
}

Output::Place Output::take(const core::Event& event) {
  using Kind = core::Event::Kind;
  if (event.choice != 0) return {};
  Place place;
  switch (event.kind) {
    case Kind::text:
    case Kind::refusal: {
      if (event.text.empty()) return {};
      ++pieces;
      place = last_or_new(OutputItem::Kind::message);
      const bool refusal = event.kind == Kind::refusal;
      auto& parts = place.item->parts;
      place.new_part = parts.empty() || parts.back().refusal != refusal;
      if (place.new_part) parts.emplace_back().refusal = refusal;
      parts.back().text += event.text;
      return place;
    }
    case Kind::reasoning:
      if (event.text.empty()) return {};
      ++pieces;
      place = last_or_new(OutputItem::Kind::reasoning);
      place.item->text += event.text;
      return place;
    case Kind::tool_call:
      ++pieces;
      return call(event);
    case Kind::logprobs: {
      const bool at_text = !items_.empty() && items_.back().kind == OutputItem::Kind::message &&
                           !items_.back().parts.empty() && event.text.size() > 2;
      if (!at_text) return {};
      auto& entries = items_.back().parts.back().logprobs;
      if (!entries.empty()) entries += ',';
      entries += event.text.substr(1, event.text.size() - 2);
      return {};
    }
    case Kind::finish:
      finish = event.finish;
      return {};
    case Kind::usage:
      usage = event.usage;
      return {};
    case Kind::start:
    case Kind::failure:
      break;
  }
  return {};
}

void Output::settle() {
  for (auto& item : items_) {
    if (item.kind == OutputItem::Kind::call && item.text.empty()) item.text = "{}";
  }
  const bool cut = finish == core::FinishReason::length || finish == core::FinishReason::content_filter;
  if (items_.empty()) last_or_new(OutputItem::Kind::message).item->parts.emplace_back();
  if (cut) items_.back().complete = false;
}

bool as_summary(const ReplyContext& context) noexcept {
  return context.asked != nullptr && context.asked->summary;
}

std::string free_text(std::string_view arguments) {
  JsonReader json(arguments);
  JsonString key, text;
  std::string found;
  bool has = false;
  if (json.enter_object()) {
    while (json.next_key(key)) {
      if (key.raw == "input" && json.kind() == JsonReader::Kind::string) {
        if (!json.read_string(text)) break;
        found.clear();
        append_unescaped(found, text.raw);
        has = true;
      } else if (!json.skip()) {
        break;
      }
    }
  }
  return has && json.at_end() ? found : std::string(arguments);
}

void append_part(const OutputPart& part, std::string& out) {
  if (part.refusal) {
    out += R"({"type":"refusal","refusal":)";
    core::append_string(out, part.text);
  } else {
    out += R"({"type":"output_text","text":)";
    core::append_string(out, part.text);
    out.append(R"(,"annotations":[],"logprobs":[)").append(part.logprobs) += ']';
  }
  out += '}';
}

void append_reasoning_part(const ReplyContext& context, std::string_view text, std::string& out) {
  out += as_summary(context) ? R"({"type":"summary_text")" : R"({"type":"reasoning_text")";
  append_member("text", text, out);
  out += '}';
}

void append_item(const ReplyContext& context, const OutputItem& item, bool begun, std::string& out) {
  const std::string_view status = begun ? "in_progress" : item.complete ? "completed" : "incomplete";
  const std::string_view text = begun ? std::string_view() : std::string_view(item.text);
  out += "{\"id\":";
  core::append_string(out, item.id);
  switch (item.kind) {
    case OutputItem::Kind::reasoning: {
      const bool summary = as_summary(context);
      out += R"(,"type":"reasoning","summary":[)";
      if (summary && !begun) append_reasoning_part(context, text, out);
      out += ']';
      if (!summary) {
        out += ",\"content\":[";
        if (!begun) append_reasoning_part(context, text, out);
        out += ']';
      }
      if (context.asked != nullptr && context.asked->keeps_sealed) out += ",\"encrypted_content\":null";
      break;
    }
    case OutputItem::Kind::message:
      out.append(R"(,"type":"message","status":")")
          .append(status)
          .append(R"(","role":"assistant","content":[)");
      for (std::size_t i = 0; i < item.parts.size() && !begun; ++i) {
        if (i > 0) out += ',';
        append_part(item.parts[i], out);
      }
      out += ']';
      break;
    case OutputItem::Kind::call:
      out.append(item.custom ? R"(,"type":"custom_tool_call","status":")"
                             : R"(,"type":"function_call","status":")");
      out.append(status).append("\"");
      append_member("call_id", item.call_id, out);
      append_member("name", item.name, out);
      if (!item.name_space.empty()) append_member("namespace", item.name_space, out);
      if (item.custom) {
        append_member("input", begun ? std::string() : free_text(text), out);
      } else {
        append_member("arguments", text, out);
      }
      break;
  }
  out += '}';
}

void append_items(const ReplyContext& context, const Output& output, std::string& out) {
  out += '[';
  bool first = true;
  for (const auto& item : output.items()) {
    if (!first) out += ',';
    first = false;
    append_item(context, item, false, out);
  }
  out += ']';
}

}  // namespace codecrucible::wire::responses

#pragma once

// What a client understands of a streamed reply of the Responses dialect; written from the protocol's own
// documents, apart from wire/. It adds up the pieces as the official SDKs do and forgives nothing.
#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <vector>

namespace responses_story {

using Json = nlohmann::json;

struct Story {
  std::vector<std::string> types;  // of the events, in their order
  std::vector<Json> items;         // put together from the pieces
  Json response;                   // of the last event
  std::string end;                 // "completed", "incomplete" or "failed"
  std::vector<std::string> broken;
};

class Teller {
 public:
  Story tell(const std::string& body) {
    std::size_t at = 0;
    while (at < body.size()) {
      const auto stop = body.find("\n\n", at);
      if (stop == std::string::npos) {
        broken("the last event has no end");
        break;
      }
      std::string frame = body.substr(at, stop - at);
      at = stop + 2;
      while (frame.starts_with(":")) frame.erase(0, std::min(frame.find('\n'), frame.size() - 1) + 1);
      if (!frame.empty()) read(frame);
    }
    if (story_.end.empty()) broken("no last event");
    return story_;
  }

 private:
  void broken(std::string what) { story_.broken.push_back(std::move(what)); }
  void want(bool claim, const std::string& what) {
    if (!claim) broken(what);
  }

  void read(const std::string& frame) {
    const auto line = frame.find('\n');
    if (!frame.starts_with("event: ") || line == std::string::npos || frame.substr(line + 1, 6) != "data: ") {
      return broken("not a named event: " + frame.substr(0, 80));
    }
    const std::string type = frame.substr(7, line - 7);
    const Json event = Json::parse(frame.substr(line + 7), nullptr, false);
    if (!event.is_object()) return broken("not JSON: " + frame.substr(0, 200));
    want(event.value("type", "") == type, "type differs from the event's name: " + type);
    want(event.value("sequence_number", -1) == static_cast<int>(story_.types.size()), "numbers have a gap");
    want(story_.end.empty(), "an event after the end: " + type);
    story_.types.push_back(type);
    if (story_.types.size() == 1) want(type == "response.created", "does not begin with response.created");
    if (story_.types.size() == 2) want(type == "response.in_progress", "no response.in_progress");
    take(type.substr(9), event);
  }

  void take(const std::string& type, const Json& event) {
    if (type == "created" || type == "in_progress") return begin(event);
    if (type == "completed" || type == "incomplete" || type == "failed") return end(type, event);
    if (type == "output_item.added") return add_item(event);
    const auto index = event.value("output_index", std::size_t{1000});
    if (index >= story_.items.size()) return broken("an event of an item that does not exist: " + type);
    want(!closed_.contains(index), "an event of an item that is done: " + type);
    Json& item = story_.items[index];
    if (type == "output_item.done") return close(item, index, event);
    want(event.value("item_id", "") == item.value("id", "-"), "item_id is not the item's");
    if (type == "function_call_arguments.delta") return add(item["arguments"], event);
    if (type == "function_call_arguments.done") {
      want(event.value("name", "") == item.value("name", "-"), "a call without its name");
      return same(item["arguments"], event, "arguments");
    }
    if (type == "custom_tool_call_input.delta") return add(item["input"], event);
    if (type == "custom_tool_call_input.done") return same(item["input"], event, "input");
    const bool summary = type.starts_with("reasoning_summary");
    part(type, item[summary ? "summary" : "content"], event,
         event.value(summary ? "summary_index" : "content_index", std::size_t{1000}));
  }

  void part(const std::string& type, Json& parts, const Json& event, std::size_t index) {
    if (type.ends_with("part.added")) {
      want(index == parts.size(), "a part's index jumps");
      want(event["part"].value("text", event["part"].value("refusal", "-")).empty(),
           "a part begins with text");
      parts.push_back(event["part"]);
      return;
    }
    if (index >= parts.size()) return broken("an event of a part that does not exist: " + type);
    Json& mine = parts[index];
    const char* text = type.starts_with("refusal") ? "refusal" : "text";
    if (type == "output_text.delta") {
      want(event.contains("logprobs") && event["logprobs"].is_array(), "a delta without logprobs");
      for (const auto& entry : event["logprobs"]) mine["logprobs"].push_back(entry);
    }
    if (type.ends_with(".delta")) return add(mine[text], event);
    if (type.ends_with("part.done"))
      return want(event["part"] == mine, "part.done is not what the pieces said");
    if (type.ends_with(".done")) return same(mine[text], event, text);
    broken("unknown event: " + type);
  }

  void begin(const Json& event) {
    check_response(event["response"]);
    want(event["response"]["status"] == "in_progress" && event["response"]["output"].empty(),
         "begins wrongly");
    id_ = event["response"]["id"];
  }

  void add_item(const Json& event) {
    want(event.value("output_index", std::size_t{1000}) == story_.items.size(), "output_index jumps");
    story_.items.push_back(event["item"]);
    want(!event["item"].value("id", "").empty(), "an item without id");
    for (std::size_t i = 0; i + 1 < story_.items.size(); ++i) {
      want(story_.items[i]["id"] != event["item"]["id"], "two items with one id");
    }
  }

  void close(Json& item, std::size_t index, const Json& event) {
    closed_.insert(index);
    if (item.contains("status")) {
      want(item["status"] == "in_progress", "an item does not begin in progress");
      item["status"] = event["item"]["status"];
      want(item["status"] == "completed" || item["status"] == "incomplete", "an item ends in another status");
    }
    want(event["item"] == item, "output_item.done is not what the pieces said: " + event["item"].dump() +
                                    " instead of " + item.dump());
  }

  void end(const std::string& type, const Json& event) {
    story_.end = type;
    story_.response = event["response"];
    check_response(story_.response);
    want(story_.response["id"] == id_, "another id at the end");
    want(story_.response["status"] == type, "status is not the event's");
    want(story_.response["error"].is_object() == (type == "failed"), "error");
    if (type == "failed") return;
    want(closed_.size() == story_.items.size(), "an item is not done at the end");
    want(story_.response["output"] == Json(story_.items), "output is not what the items said");
    const auto& usage = story_.response["usage"];
    want(usage.is_object() &&
             usage["total_tokens"] == usage["input_tokens"].get<int>() + usage["output_tokens"].get<int>(),
         "usage");
  }

  // The members that openai.md §7 names as required.
  void check_response(const Json& response) {
    for (const char* key : {"id", "object", "created_at", "status", "error", "incomplete_details",
                            "instructions", "model", "output", "parallel_tool_calls", "metadata",
                            "tool_choice", "tools", "temperature", "top_p", "usage"}) {
      want(response.contains(key), std::string("the response has no ") + key);
    }
    want(response.value("object", "") == "response" && response.value("id", "").starts_with("resp_"),
         "no response");
  }

  static void add(Json& text, const Json& event) {
    text = text.get<std::string>() + event["delta"].get<std::string>();
  }
  void same(const Json& text, const Json& event, const char* key) {
    want(event[key] == text, std::string(key) + " at the end is not what the pieces said");
  }

  Story story_;
  std::set<std::size_t> closed_;
  std::string id_;
};

inline Story read(const std::string& body) {
  return Teller().tell(body);
}

}  // namespace responses_story

#pragma once

#include "core/event.hpp"
#include "places.hpp"
#include "wire/dialect.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace openai_test {

using Json = nlohmann::json;

inline std::string fixture(const std::string& name) {
  std::ifstream file(source_dir() + "/tests/fixtures/openai/" + name, std::ios::binary);
  REQUIRE_MESSAGE(file, name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The stream whole, split in two at every byte, byte by byte, and in random pieces.
inline void every_cut(const std::string& stream,
                      const std::function<void(const std::vector<std::string>&)>& check) {
  check({stream});
  for (std::size_t at = 1; at < stream.size(); ++at) check({stream.substr(0, at), stream.substr(at)});
  std::vector<std::string> bytes;
  for (char c : stream) bytes.emplace_back(1, c);
  check(bytes);
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random() % 200;
      pieces.push_back(stream.substr(at, size));
      at += size;
    }
    check(pieces);
  }
}

// Events as lines that can be compared and read.
inline std::string line_of(const codecrucible::core::Event& event) {
  using Kind = codecrucible::core::Event::Kind;
  const std::string choice = event.choice == 0 ? "" : std::to_string(event.choice) + ":";
  const auto count = [](const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "-";
  };
  switch (event.kind) {
    case Kind::start:
      return choice + "start " + std::string(event.text);
    case Kind::text:
      return choice + "text " + std::string(event.text);
    case Kind::reasoning:
      return choice + "reasoning " + std::string(event.text);
    case Kind::refusal:
      return choice + "refusal " + std::string(event.text);
    case Kind::tool_call:
      return choice + "call " + std::to_string(event.tool_index) + " [" + std::string(event.tool_id) + " " +
             std::string(event.tool_name) + "] " + std::string(event.text);
    case Kind::logprobs:
      return choice + "logprobs " + std::string(event.text);
    case Kind::finish: {
      constexpr const char* names[] = {"stop", "length", "tool_calls", "content_filter"};
      return choice + "finish " + names[static_cast<int>(event.finish)];
    }
    case Kind::usage:
      return "usage " + count(event.usage.prompt_tokens) + " " + count(event.usage.completion_tokens) + " " +
             count(event.usage.cached_tokens) + " " + count(event.usage.reasoning_tokens);
    case Kind::failure:
      break;
  }
  return "failure " + std::string(codecrucible::core::label(event.failure->cause));
}

inline std::vector<std::string> lines_of(const codecrucible::core::Events& events) {
  std::vector<std::string> lines;
  for (const auto& event : events) lines.push_back(line_of(event));
  return lines;
}

// The data of each event of a stream in the one form that is sent: `data: <line>`, blank line. Bare comment
// lines are passed over.
inline std::vector<std::string> data_of(const std::string& stream) {
  std::vector<std::string> data;
  std::istringstream in(stream);
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with(":")) continue;
    REQUIRE_MESSAGE(line.starts_with("data: "), line);
    data.push_back(line.substr(6));
    std::string blank;
    REQUIRE(std::getline(in, blank));
    REQUIRE(blank.empty());
  }
  return data;
}

// A client that takes nothing but what OpenAI's streams look like (openai.md part 3), and puts the answer
// together as the SDKs do.
struct StrictClient {
  struct Call {
    std::string id, name, arguments;
  };
  struct Choice {
    std::string text, reasoning, finish;
    std::vector<Call> calls;
    int roles = 0;
    int logprobs = 0;
  };
  std::map<int, Choice> choices;
  Json usage, error;
  bool done = false;

  StrictClient(const std::string& stream, bool include_usage, bool completion = false) {
    std::string head;
    for (const auto& data : data_of(stream)) {
      CAPTURE(data);
      REQUIRE_FALSE(done);
      REQUIRE(error.is_null());
      if (data == "[DONE]") {
        done = true;
        continue;
      }
      const Json chunk = Json::parse(data);
      if (chunk.contains("error")) {
        error = chunk["error"];
        for (const char* key : {"message", "type", "param", "code"}) CHECK(error.contains(key));
        CHECK(error["message"].is_string());
        continue;
      }
      CHECK(chunk["object"] == (completion ? "text_completion" : "chat.completion.chunk"));
      const std::string own_head = chunk["id"].dump() + chunk["created"].dump() + chunk["model"].dump();
      if (head.empty()) head = own_head;
      CHECK(own_head == head);
      REQUIRE(chunk["choices"].is_array());
      if (chunk["choices"].empty()) {
        CHECK(include_usage);
        CHECK(usage.is_null());
        usage = chunk["usage"];
        CHECK(usage["total_tokens"].is_number_integer());
      } else if (!include_usage && chunk.contains("usage")) {
        CHECK(chunk["usage"].is_null());
      }
      for (const auto& part : chunk["choices"]) take(part, completion);
    }
  }

  void take(const Json& part, bool completion) {
    Choice& choice = choices[part["index"].get<int>()];
    if (part.contains("logprobs") && part["logprobs"].is_object()) {
      const auto& entries = part["logprobs"][completion ? "tokens" : "content"];
      choice.logprobs += static_cast<int>(entries.size());
    }
    if (completion) {
      choice.text += part["text"].get<std::string>();
    } else {
      take_delta(part["delta"], choice);
    }
    if (part.contains("finish_reason") && !part["finish_reason"].is_null()) {
      CHECK(choice.finish.empty());
      choice.finish = part["finish_reason"];
      CHECK((choice.finish == "stop" || choice.finish == "length" || choice.finish == "tool_calls" ||
             choice.finish == "content_filter"));
    }
  }

  static void take_delta(const Json& delta, Choice& choice) {
    REQUIRE(delta.is_object());
    if (delta.contains("role")) {
      ++choice.roles;
      CHECK(delta["role"] == "assistant");
    }
    CHECK(choice.roles == 1);
    if (delta.contains("content")) {
      if (delta["content"].is_null()) {
        CHECK(delta.contains("tool_calls"));
      } else {
        choice.text += delta["content"].get<std::string>();
      }
    }
    CHECK_FALSE(delta.contains("reasoning"));
    if (delta.contains("reasoning_content") && delta["reasoning_content"].is_string()) {
      choice.reasoning += delta["reasoning_content"].get<std::string>();
    }
    if (!delta.contains("tool_calls")) return;
    CHECK_FALSE(delta["tool_calls"].empty());
    std::map<int, int> seen;
    for (const auto& piece : delta["tool_calls"]) {
      const auto index = piece["index"].get<std::size_t>();
      CHECK(++seen[static_cast<int>(index)] == 1);
      REQUIRE(index <= choice.calls.size());
      if (index == choice.calls.size()) {
        CHECK(piece["type"] == "function");
        choice.calls.push_back({piece["id"], piece["function"]["name"], ""});
        CHECK_FALSE(choice.calls.back().id.empty());
        CHECK_FALSE(choice.calls.back().name.empty());
      } else {
        CHECK_FALSE(piece.contains("id"));
        CHECK_FALSE(piece.contains("type"));
        CHECK_FALSE(piece["function"].contains("name"));
      }
      choice.calls[index].arguments += piece["function"]["arguments"].get<std::string>();
    }
  }
};

}  // namespace openai_test

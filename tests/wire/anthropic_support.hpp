#pragma once

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace anthropic_test {

using Json = nlohmann::ordered_json;

struct Block {
  std::string type, text, id, name, signature;
  Json input = Json::object();
};

// What a client understands that takes nothing but what the Messages dialect looks like (anthropic.md parts 3
// to 5), from a stream or a whole reply.
struct StrictClient {
  std::vector<Block> blocks;
  Json start, usage, error;
  std::string stop_reason, stop_sequence, model, id;
  int pings = 0;
  int deltas = 0;
  bool done = false;

  static StrictClient of_stream(const std::string& stream) {
    StrictClient client;
    std::istringstream in(stream);
    std::string line;
    while (std::getline(in, line)) {
      REQUIRE_MESSAGE(line.starts_with("event: "), line);
      const std::string event = line.substr(7);
      REQUIRE(std::getline(in, line));
      REQUIRE_MESSAGE(line.starts_with("data: "), line);
      const Json data = Json::parse(line.substr(6), nullptr, false);
      REQUIRE_MESSAGE(data.is_object(), line);
      CHECK(data["type"] == event);
      REQUIRE(std::getline(in, line));
      REQUIRE(line.empty());
      client.take(event, data);
    }
    CHECK_FALSE(client.open_);
    return client;
  }

  static StrictClient of_whole(const std::string& body) {
    StrictClient client;
    const Json message = Json::parse(body, nullptr, false);
    REQUIRE_MESSAGE(message.is_object(), body);
    if (message["type"] == "error") {
      client.take_error(message);
      return client;
    }
    client.take_head(message);
    for (const auto& block : message["content"]) {
      Block& mine = client.blocks.emplace_back();
      mine.type = block["type"];
      if (mine.type == "text") {
        mine.text = block["text"];
        CHECK_FALSE(mine.text.empty());
      } else if (mine.type == "thinking") {
        mine.text = block["thinking"];
        mine.signature = block["signature"];
      } else {
        CHECK(mine.type == "tool_use");
        mine.id = block["id"];
        mine.name = block["name"];
        mine.input = block["input"];
        CHECK(mine.input.is_object());
      }
    }
    client.take_end(message["stop_reason"], message["stop_sequence"], message["usage"]);
    client.done = true;
    return client;
  }

  std::string text() const {
    std::string all;
    for (const auto& block : blocks) all += block.type == "text" ? block.text : "";
    return all;
  }
  std::string thinking() const {
    std::string all;
    for (const auto& block : blocks) all += block.type == "thinking" ? block.text : "";
    return all;
  }
  std::vector<Block> calls() const {
    std::vector<Block> found;
    for (const auto& block : blocks) {
      if (block.type == "tool_use") found.push_back(block);
    }
    return found;
  }
  // "thinking text tool_use …"
  std::string shape() const {
    std::string all;
    for (const auto& block : blocks) all += (all.empty() ? "" : " ") + block.type;
    return all;
  }

 private:
  void take(const std::string& event, const Json& data) {
    CAPTURE(event);
    REQUIRE_FALSE(done);
    REQUIRE(error.is_null());
    if (event == "ping") {
      ++pings;
    } else if (event == "error") {
      take_error(data);
      open_ = false;
    } else if (event == "message_start") {
      REQUIRE(start.is_null());
      start = data["message"];
      take_head(start);
      CHECK(start["content"].empty());
      CHECK(start["stop_reason"].is_null());
      CHECK(start["stop_sequence"].is_null());
      CHECK(start["usage"]["input_tokens"].is_number_integer());
      CHECK(start["usage"]["output_tokens"].is_number_integer());
    } else {
      REQUIRE_FALSE(start.is_null());
      take_body(event, data);
    }
  }

  void take_body(const std::string& event, const Json& data) {
    if (event == "content_block_start") {
      REQUIRE_FALSE(open_);
      REQUIRE(stop_reason.empty());
      REQUIRE(data["index"] == blocks.size());
      open_ = true;
      open_block(data["content_block"]);
    } else if (event == "content_block_delta") {
      REQUIRE(open_);
      REQUIRE(data["index"] == blocks.size() - 1);
      ++deltas;
      take_delta(data["delta"]);
    } else if (event == "content_block_stop") {
      REQUIRE(open_);
      REQUIRE(data["index"] == blocks.size() - 1);
      open_ = false;
      if (blocks.back().type == "tool_use" && !json_.empty()) {
        blocks.back().input = Json::parse(json_, nullptr, false);
        CHECK_MESSAGE(blocks.back().input.is_object(), json_);
      }
    } else if (event == "message_delta") {
      REQUIRE_FALSE(open_);
      take_end(data["delta"]["stop_reason"], data["delta"]["stop_sequence"], data["usage"]);
    } else {
      REQUIRE(event == "message_stop");
      REQUIRE_FALSE(stop_reason.empty());
      done = true;
    }
  }

  void open_block(const Json& block) {
    Block& mine = blocks.emplace_back();
    mine.type = block["type"];
    json_.clear();
    if (mine.type == "text") {
      CHECK(block["text"] == "");
    } else if (mine.type == "thinking") {
      CHECK(block["thinking"] == "");
      CHECK(block["signature"] == "");
    } else {
      REQUIRE(mine.type == "tool_use");
      mine.id = block["id"];
      mine.name = block["name"];
      CHECK_FALSE(mine.id.empty());
      CHECK_FALSE(mine.name.empty());
      CHECK(block["input"] == Json::object());
    }
  }

  void take_delta(const Json& delta) {
    const std::string type = delta["type"];
    const std::string block = blocks.back().type;
    if (type == "text_delta") {
      CHECK(block == "text");
      blocks.back().text += delta["text"].get<std::string>();
    } else if (type == "thinking_delta") {
      CHECK(block == "thinking");
      blocks.back().text += delta["thinking"].get<std::string>();
    } else if (type == "signature_delta") {
      CHECK(block == "thinking");
      blocks.back().signature += delta["signature"].get<std::string>();
    } else {
      REQUIRE(type == "input_json_delta");
      CHECK(block == "tool_use");
      json_ += delta["partial_json"].get<std::string>();
    }
  }

  void take_head(const Json& message) {
    CHECK(message["type"] == "message");
    CHECK(message["role"] == "assistant");
    model = message["model"];
    id = message["id"];
    CHECK(id.starts_with("msg_"));
    CHECK(message["content"].is_array());
  }

  void take_end(const Json& reason, const Json& sequence, const Json& counts) {
    REQUIRE(reason.is_string());
    stop_reason = reason;
    CHECK((stop_reason == "end_turn" || stop_reason == "max_tokens" || stop_reason == "stop_sequence" ||
           stop_reason == "tool_use" || stop_reason == "refusal"));
    CHECK(sequence.is_string() == (stop_reason == "stop_sequence"));
    if (sequence.is_string()) stop_sequence = sequence;
    usage = counts;
    CHECK(usage["input_tokens"].is_number_integer());
    CHECK(usage["output_tokens"].is_number_integer());
    CHECK(usage["cache_read_input_tokens"].is_number_integer());
    CHECK(usage["cache_creation_input_tokens"].is_number_integer());
  }

  void take_error(const Json& body) {
    CHECK(body["type"] == "error");
    error = body["error"];
    CHECK(error["type"].is_string());
    CHECK_FALSE(error["message"].get<std::string>().empty());
  }

  bool open_ = false;
  std::string json_;  // of the open tool block
};

}  // namespace anthropic_test

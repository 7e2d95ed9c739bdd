// What backends are sent for clients of Anthropic's Messages, where that differs from other clients.
#include "providers/provider.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using core::ProviderKind;
using Json = nlohmann::ordered_json;

namespace {

struct Request {
  core::Arena arena;
  core::ChatRequest chat{arena};
  bool thinks = false;

  Request() {
    chat.surface = core::Surface::anthropic_messages;
    chat.max_tokens = 9;
  }
  core::Message& say(core::Role role, std::string_view text) {
    core::Message& message = chat.messages.emplace_back();
    message.role = role;
    message.parts.emplace_back().text = text;
    return message;
  }
  Json sent(ProviderKind kind) const {
    providers::Target target;
    target.model = "m";
    target.can.thinking = thinks;
    const auto call = providers::provider_for(kind).encode(chat, nullptr, target);
    REQUIRE(call.has_value());
    CHECK_FALSE(call->verbatim);
    return Json::parse(call->body);
  }
};

constexpr ProviderKind openai_kinds[] = {ProviderKind::lmstudio, ProviderKind::llamacpp, ProviderKind::vllm,
                                         ProviderKind::openai};

}  // namespace

TEST_CASE("messages clients: a text in several blocks is one text for every backend") {
  Request request;
  request.say(core::Role::user, "a").parts.emplace_back().text = "b";
  for (const auto kind : openai_kinds) CHECK(request.sent(kind)["messages"][0]["content"] == "a\nb");
  CHECK(request.sent(ProviderKind::ollama)["messages"][0]["content"] == "a\nb");
  auto& image = request.chat.messages[0].parts.emplace_back();
  image.kind = core::Part::Kind::image;
  image.image.base64 = "AAAA";
  CHECK(request.sent(ProviderKind::vllm)["messages"][0]["content"].size() == 3);
}

TEST_CASE("messages clients: who they are stays here") {
  Request request;
  request.say(core::Role::user, "a");
  request.chat.user = R"({"device_id":"1"})";
  for (const auto kind : openai_kinds) CHECK_FALSE(request.sent(kind).contains("user"));
}

TEST_CASE("messages clients: vLLM is told to continue what the assistant began, others do it by themselves") {
  Request request;
  request.say(core::Role::user, "a");
  CHECK_FALSE(request.sent(ProviderKind::vllm).contains("continue_final_message"));
  request.say(core::Role::assistant, "{");
  const Json vllm = request.sent(ProviderKind::vllm);
  CHECK(vllm["continue_final_message"] == true);
  CHECK(vllm["add_generation_prompt"] == false);
  CHECK_FALSE(request.sent(ProviderKind::llamacpp).contains("continue_final_message"));
  CHECK(request.sent(ProviderKind::ollama)["messages"][1]["content"] == "{");
  request.chat.surface = core::Surface::ollama_chat;
  CHECK_FALSE(request.sent(ProviderKind::vllm).contains("continue_final_message"));
}

TEST_CASE("messages clients: the effort of thinking goes to models that are known to think") {
  Request request;
  request.say(core::Role::user, "a");
  request.chat.think = true;
  request.chat.effort = "high";
  for (const auto kind : openai_kinds) CHECK_FALSE(request.sent(kind).contains("reasoning_effort"));
  CHECK_FALSE(request.sent(ProviderKind::ollama).contains("think"));
  request.thinks = true;
  CHECK(request.sent(ProviderKind::lmstudio)["reasoning_effort"] == "high");
  CHECK_FALSE(request.sent(ProviderKind::openai).contains("reasoning_effort"));
  CHECK(request.sent(ProviderKind::ollama)["think"] == true);
}

TEST_CASE("messages clients: nothing said of thinking means none, where that can be told") {
  Request request;
  request.thinks = true;
  request.say(core::Role::user, "a");
  CHECK(request.sent(ProviderKind::ollama)["think"] == false);
  request.chat.surface = core::Surface::openai_chat;
  CHECK_FALSE(request.sent(ProviderKind::ollama).contains("think"));
}

#pragma once

// A client of Anthropic's Messages before a whole gateway; it takes nothing but what the protocol says.
#include "../wire/anthropic_support.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <array>
#include <string>

namespace messages_client {

using namespace codecrucible;
using namespace codecrucible::house;
using anthropic_test::Json;
using anthropic_test::StrictClient;

// One gateway before every kind of backend, for all cases of the program.
inline House& home() {
  static House one([] {
    Plan plan;
    plan.llamacpp = plan.vllm = plan.openai = true;
    return plan;
  }());
  return one;
}

inline constexpr std::array models{coder, large, llamacpp_model, vllm_model, plain_model};
inline const Headers as_sdk = {{"anthropic-version", "2023-06-01"}, {"x-api-key", "none"}};
inline const std::string tools =
    R"(,"tools":[{"name":"get_weather","description":"d","cache_control":{"type":"ephemeral"},"input_schema":{"type":"object",)"
    R"("properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}])";

inline std::string user(const std::string& text) {
  return R"({"role":"user","content":)" + Json(text).dump() + "}";
}

inline std::string body_of(const std::string& model, const std::string& messages, bool stream,
                           const std::string& more = {}) {
  return R"({"model":")" + model + R"(","max_tokens":4000,"stream":)" + (stream ? "true" : "false") +
         R"(,"messages":[)" + messages + "]" + more + "}";
}

inline Reply post(const std::string& body, std::uint16_t port = home().port()) {
  return ask(port, "POST", "/v1/messages?beta=true", body, as_sdk);
}

inline StrictClient read(bool stream, const Reply& reply) {
  REQUIRE_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
  CHECK(reply.complete);
  CHECK(reply.header("content-type").starts_with(stream ? "text/event-stream" : "application/json"));
  auto answer = stream ? StrictClient::of_stream(reply.body) : StrictClient::of_whole(reply.body);
  CHECK(answer.done);
  return answer;
}

inline StrictClient answer_to(const std::string& model, const std::string& messages, bool stream,
                              const std::string& more = {}) {
  return read(stream, post(body_of(model, messages, stream, more)));
}

// The error in Anthropic's shape.
inline Json error_in(const Reply& reply) {
  const Json body = Json::parse(reply.body, nullptr, false);
  REQUIRE_MESSAGE(body.is_object(), reply.body);
  CHECK(body["type"] == "error");
  CHECK(body["error"]["message"].is_string());
  return body["error"];
}

// What the backend was sent last.
inline Json sent_to(simulator::Simulator& server) {
  return Json::parse(server.bodies().back());
}

}  // namespace messages_client

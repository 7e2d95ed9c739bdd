// Clients that cut a text inside an emoji send half of it as an escape: no backend sees it, and the
// conversation goes on.
#include "house/client.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

constexpr const char* whole_text = "cut \xef\xbf\xbd here";

House& home() {
  static House one(all_kinds());
  return one;
}

// `body` with the text that was cut in the place of its "?".
Reply asked(const char* path, std::string body) {
  const auto at = body.find('?');
  REQUIRE(at != std::string::npos);
  body.replace(at, 1, R"(cut \ud83d here)");
  return ask(home().port(), "POST", path, body);
}

// Any string of the body that the server was sent last holds what is left of it.
bool arrived(simulator::Simulator& server) {
  const auto body = json::parse(server.bodies().back(), nullptr, false);
  return !body.is_discarded() && body.dump().find(whole_text) != std::string::npos;
}

}  // namespace

TEST_CASE("half characters: become U+FFFD in each dialect, before each kind of backend") {
  const std::pair<const char*, core::ProviderKind> models[] = {{coder, core::ProviderKind::lmstudio},
                                                               {large, core::ProviderKind::ollama},
                                                               {llamacpp_model, core::ProviderKind::llamacpp},
                                                               {vllm_model, core::ProviderKind::vllm}};
  const std::string function = R"({"name":"f","parameters":{"type":"object","description":"?"}}}],)";
  for (const auto& [model, kind] : models) {
    const std::string begin = R"({"model":")" + std::string(model) + R"(","max_tokens":20,)";
    const std::string chat = begin + R"("messages":[{"role":"user","content":"?"}]})";
    const std::string tools = R"("messages":[{"role":"user","content":"x"}],"tools":[{"type":"function",)";
    const std::pair<const char*, std::string> requests[] = {
        {"/v1/chat/completions", chat},
        {"/v1/chat/completions", begin + tools + R"("function":)" + function + R"("stream":true})"},
        {"/v1/completions", begin + R"("prompt":"?"})"},
        {"/v1/messages", chat},
        {"/v1/messages", begin +
                             R"("tools":[{"name":"f","input_schema":{"type":"object","description":"?"}}],)" +
                             R"("messages":[{"role":"user","content":"x"}]})"},
        {"/v1/responses", begin + R"("input":"?"})"},
        {"/v1/responses",
         begin + R"("stream":true,"input":[{"role":"user","content":[{"type":"input_text","text":"?"}]}]})"},
        {"/api/chat", chat},
        {"/api/chat", begin + tools + R"("function":)" + function + R"("stream":false})"},
        {"/api/generate", begin + R"("prompt":"?","stream":false})"}};
    for (const auto& [path, body] : requests) {
      CAPTURE(path);
      CAPTURE(body);
      const auto reply = asked(path, body);
      CHECK_MESSAGE(reply.status == 200, reply.body);
      CHECK(arrived(home().server(kind)));
    }
  }
}

TEST_CASE("half characters: vectors and counts of tokens are made of what is left, too") {
  for (const auto& [path, model] :
       {std::pair("/v1/embeddings", lm_vectors), {"/api/embed", ollama_vectors}}) {
    const auto reply = asked(path, R"({"model":")" + std::string(model) + R"(","input":["?"]})");
    CHECK_MESSAGE(reply.status == 200, reply.body);
    CHECK(arrived(model == lm_vectors ? home().lmstudio() : home().ollama()));
  }
  const auto count =
      asked("/v1/messages/count_tokens", R"({"model":"auto","messages":[{"role":"user","content":"?"}]})");
  CHECK_MESSAGE(count.status == 200, count.body);
}

TEST_CASE("half characters: a response that was asked for with one can be gone on from") {
  const auto first = asked("/v1/responses", R"({"model":"small-coder","input":"?"})");
  REQUIRE_MESSAGE(first.status == 200, first.body);
  const std::string id = json::parse(first.body)["id"];
  const auto next = ask(home().port(), "POST", "/v1/responses",
                        R"({"model":"small-coder","input":"and now","previous_response_id":")" + id + "\"}");
  CHECK_MESSAGE(next.status == 200, next.body);
  CHECK(arrived(home().lmstudio()));
}

TEST_CASE("half characters: a request that is wrong otherwise is told so, at the place where it is wrong") {
  const auto reply =
      asked("/v1/chat/completions", R"({"model":"small-coder","messages":[{"role":"user","content":"?"}],})");
  CHECK(reply.status == 400);
  CHECK(reply.body.find("a key in quotes") != std::string::npos);
}

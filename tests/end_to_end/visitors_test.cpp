// Who may come in where there are no keys: pages of the web may not.
#include "house/answer.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

Plan named() {
  Plan plan;
  plan.more = "security:\n  hosts: [llm.example.com]\n  corsOrigins: [\"https://chat.example.com\"]\n";
  return plan;
}

House& home() {
  static House one(named());
  return one;
}

// A request as a browser or a program would send it, with that Host.
Reply from(const std::string& host, const std::string& more, const char* path, const std::string& body) {
  Client client(home().port());
  client.send(std::string("POST ") + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more +
              "Content-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
  return client.reply();
}

Reply chat(const std::string& host, const std::string& more = {}) {
  return from(host, more, "/v1/chat/completions", question(Dialect::openai_chat, coder, "hello", false));
}

}  // namespace

TEST_CASE("visitors: a name of the web that was made to point here is refused, with what to do") {
  const auto before = home().lmstudio().stats().requests;
  const auto reply = chat("evil.example:8484", "Origin: http://evil.example:8484\r\n");
  CHECK(reply.status == 403);
  const auto message = json::parse(reply.body)["error"]["message"].get<std::string>();
  CHECK(message.find("evil.example") != std::string::npos);
  CHECK(message.find("security.hosts") != std::string::npos);
  CHECK(from("evil.example", "", "/api/chat", "{}").status == 403);
  const auto messages = from("evil.example", "", "/v1/messages", "{}");
  CHECK(messages.status == 403);
  CHECK(json::parse(messages.body)["error"]["type"] == "permission_error");
  CHECK(home().lmstudio().stats().requests == before);
  Client reader(home().port());
  reader.send(
      "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /healthz HTTP/1.1\r\nHost: "
      "evil.example\r\n\r\n");
  CHECK(reader.reply().status == 403);
  CHECK(reader.reply().status == 200);
}

TEST_CASE("visitors: this machine, addresses, plain names and configured ones are let in") {
  for (const char* const host : {"localhost", "127.0.0.1:8484", "[::1]:8484", "gateway", "192.168.1.7:8484",
                                 "llm.example.com", "host.docker.internal:8484"}) {
    CAPTURE(host);
    CHECK(chat(host).status == 200);
  }
}

TEST_CASE("visitors: a page of another origin may not ask, pages of this machine and configured ones may") {
  for (const char* const origin : {"https://evil.example", "null", "http://localhost.evil.example"}) {
    CAPTURE(origin);
    const auto reply = chat("localhost:8484", std::string("Origin: ") + origin + "\r\n");
    CHECK(reply.status == 403);
    CHECK(reply.body.find("security.corsOrigins") != std::string::npos);
    CHECK(!reply.headers.contains("access-control-allow-origin"));
  }
  for (const char* const origin :
       {"http://localhost:3000", "https://chat.example.com", "app://obsidian.md", "tauri://localhost"}) {
    CAPTURE(origin);
    const auto reply = chat("localhost:8484", std::string("Origin: ") + origin + "\r\n");
    CHECK(reply.status == 200);
    CHECK(reply.header("access-control-allow-origin") == origin);
  }
  // The gateway's own pages, under the name that it is known by.
  CHECK(chat("llm.example.com", "Origin: https://llm.example.com\r\n").status == 200);
}

TEST_CASE("visitors: a preflight is answered without a body, and allows only whom it should") {
  Client client(home().port());
  auto reply = client.ask("OPTIONS", "/v1/chat/completions", {},
                          {{"Origin", "https://chat.example.com"},
                           {"Access-Control-Request-Method", "POST"},
                           {"Access-Control-Request-Private-Network", "true"}});
  CHECK(reply.status == 204);
  CHECK(!reply.headers.contains("content-type"));
  CHECK(reply.body.empty());
  CHECK(reply.header("access-control-allow-origin") == "https://chat.example.com");
  CHECK(reply.header("access-control-allow-private-network") == "true");
  reply =
      client.ask("OPTIONS", "/v1/chat/completions", {},
                 {{"Origin", "https://evil.example"}, {"Access-Control-Request-Private-Network", "true"}});
  CHECK(reply.status == 204);
  CHECK(!reply.headers.contains("access-control-allow-origin"));
  CHECK(!reply.headers.contains("access-control-allow-private-network"));
}

TEST_CASE("visitors: the admin surface is not fooled by a name that begins like this machine's") {
  Client client(home().port());
  client.send("GET /admin/fleet HTTP/1.1\r\nHost: 127.evil.example\r\n\r\n");
  CHECK(client.reply().status == 403);
}

TEST_CASE("visitors: a gateway that listens beyond this machine does not start without keys") {
  Plan plan;
  plan.server = "  address: 0.0.0.0\n";
  std::string why;
  const auto starts = [&] {
    try {
      const House open(plan);
      return true;
    } catch (const std::exception& error) {
      why = error.what();
      return false;
    }
  };
  CHECK(!starts());
  CHECK(why.find("security.openToNetwork") != std::string::npos);
  plan.more = "security:\n  openToNetwork: true\n";
  CHECK_MESSAGE(starts(), why);
  plan.more = "security:\n  keys: [{name: one, key: secret}]\n";
  CHECK_MESSAGE(starts(), why);
}

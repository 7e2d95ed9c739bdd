#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

House& home() {
  static House one;
  return one;
}

std::string post_text(const std::string& body, const std::string& more = {},
                      const std::string& version = "1.1") {
  return "POST /v1/chat/completions HTTP/" + version + "\r\nHost: x\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string text_of(const Reply& reply) {
  return read_whole(Dialect::openai_chat, reply).text;
}

}  // namespace

TEST_CASE("http: requests sent in one breath are answered in their order") {
  std::string all;
  for (int i = 0; i < 10; ++i) {
    all += post_text(question(Dialect::openai_chat, i % 2 ? coder : large,
                              "[[say:answer " + std::to_string(i) + "]]", i % 3 == 0));
    all += "GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  Client client(home().port());
  REQUIRE(client.send(all));
  for (int i = 0; i < 10; ++i) {
    CAPTURE(i);
    CHECK(read_answer(Dialect::openai_chat, i % 3 == 0, client.reply()).text ==
          "answer " + std::to_string(i));
    CHECK(client.reply().body.find("version") != std::string::npos);
  }
}

TEST_CASE("http: a client of version 1.0 gets no chunks, and its connection ends the stream") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    Client client(home().port());
    client.send(post_text(question(Dialect::openai_chat, large, "old one", stream), {}, "1.0"));
    const auto reply = client.reply();
    CHECK(reply.status == 200);
    CHECK(!reply.headers.contains("transfer-encoding"));
    CHECK(read_answer(Dialect::openai_chat, stream, reply).text == simulator::answer_for("old one", large));
    CHECK(client.closed());
  }
}

TEST_CASE("http: Expect 100-continue is answered before the body comes") {
  const auto body = question(Dialect::openai_chat, coder, "patient", false);
  Client client(home().port());
  client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  CHECK(client.until("\r\n\r\n").starts_with("HTTP/1.1 100"));
  client.send(body);
  CHECK(text_of(client.reply()) == simulator::answer_for("patient", coder));
}

TEST_CASE("http: a chunked request body is read whole however it is cut") {
  const auto body = question(Dialect::ollama_chat, coder, "in pieces é", false);
  for (const std::size_t size : {1UL, 7UL, 4000UL}) {
    CAPTURE(size);
    Client client(home().port());
    client.send("POST /api/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += size) {
      const auto piece = body.substr(at, size);
      char head[16];
      std::snprintf(head, sizeof head, "%zx\r\n", piece.size());
      client.send(head + piece + "\r\n");
    }
    client.send("0\r\n\r\n");
    CHECK(read_whole(Dialect::ollama_chat, client.reply()).text ==
          simulator::answer_for("in pieces é", coder));
    CHECK(client.ask("GET", "/api/version").status == 200);
  }
}

TEST_CASE("http: HEAD is GET without a body, and the connection lives on") {
  Client client(home().port());
  for (const char* page : {"/", "/v1/models", "/api/tags", "/healthz"}) {
    CAPTURE(page);
    const auto head = client.ask("HEAD", page);
    CHECK(head.status == 200);
    const auto get = client.ask("GET", page);
    CHECK(get.status == 200);
    CHECK(!get.body.empty());
    CHECK(head.header("content-type") == get.header("content-type"));
  }
}

TEST_CASE("http: a browser's page of this machine may call, others may not read") {
  Client client(home().port());
  const Headers local{{"Origin", "http://localhost:5173"},
                      {"Access-Control-Request-Method", "POST"},
                      {"Access-Control-Request-Headers", "content-type,authorization,x-stainless-os"}};
  auto reply = client.ask("OPTIONS", "/v1/chat/completions", {}, local);
  CHECK(reply.status / 100 == 2);
  CHECK(reply.header("access-control-allow-origin") == "http://localhost:5173");
  CHECK(reply.header("access-control-allow-methods").find("POST") != std::string::npos);
  CHECK(reply.header("access-control-allow-headers").find("x-stainless-os") != std::string::npos);
  reply = client.ask("OPTIONS", "/v1/chat/completions", {},
                     {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}});
  CHECK(!reply.headers.contains("access-control-allow-origin"));
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    const auto body = question(Dialect::openai_chat, coder, "from a page", stream);
    reply = client.ask("POST", "/v1/chat/completions", body, {{"Origin", "http://localhost:5173"}});
    CHECK(reply.status == 200);
    CHECK(reply.header("access-control-allow-origin") == "http://localhost:5173");
    reply = client.ask("POST", "/v1/chat/completions", body, {{"Origin", "http://localhost.evil.example"}});
    CHECK(!reply.headers.contains("access-control-allow-origin"));
  }
  // A page must be able to read why it was refused.
  reply = client.ask("POST", "/v1/chat/completions", "{", {{"Origin", "http://localhost:5173"}});
  CHECK(reply.status == 400);
  CHECK(reply.header("access-control-allow-origin") == "http://localhost:5173");
  reply = client.ask("OPTIONS", "/v1/chat/completions");
  CHECK(reply.status / 100 == 2);
}

TEST_CASE("http: every reply carries the request's id, refusals and lists too") {
  Client client(home().port());
  for (const char* page : {"/v1/models", "/v1/nothing", "/v1/models/nobody", "/api/tags", "/healthz"}) {
    CAPTURE(page);
    CHECK(client.ask("GET", page).header("x-request-id").starts_with("req_"));
    CHECK(client.ask("GET", page, {}, {{"x-request-id", "mine-7"}}).header("x-request-id") == "mine-7");
  }
  const auto refused = client.ask("POST", "/v1/messages/batches", "{}", {{"x-request-id", "mine-8"}});
  CHECK(refused.header("request-id") == "mine-8");
  CHECK(refused.body.find("\"request_id\":\"mine-8\"") != std::string::npos);
  const auto counted = client.ask("POST", "/v1/messages/count_tokens", "{", {{"x-request-id", "mine-9"}});
  CHECK(counted.body.find("\"request_id\":\"mine-9\"") != std::string::npos);
}

TEST_CASE("http: a compressed body is told to be one") {
  for (const char* path : {"/v1/chat/completions", "/api/chat", "/v1/messages", "/v1/embeddings"}) {
    CAPTURE(path);
    const auto reply =
        ask(home().port(), "POST", path, "\x1f\x8b\x08 not read", {{"Content-Encoding", "gzip"}});
    CHECK(reply.status == 400);
    CHECK(reply.body.find("Content-Encoding: gzip") != std::string::npos);
  }
}

TEST_CASE("http: health, readiness and metrics answer") {
  CHECK(ask(home().port(), "GET", "/health").status == 200);
  CHECK(ask(home().port(), "GET", "/healthz").status == 200);
  CHECK(ask(home().port(), "GET", "/readyz").status == 200);
  const auto metrics = ask(home().port(), "GET", "/metrics");
  CHECK(metrics.status == 200);
  CHECK(metrics.body.find("codecrucible_") != std::string::npos);
}

TEST_CASE("http: a client that asks to close is answered and let go") {
  Client client(home().port());
  client.send(post_text(question(Dialect::openai_chat, coder, "last", false), "Connection: close\r\n"));
  const auto reply = client.reply();
  CHECK(text_of(reply) == simulator::answer_for("last", coder));
  CHECK(client.closed());
}

#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

House& home() {
  static House one;
  return one;
}

constexpr std::array dialects{Dialect::openai_chat, Dialect::openai_completions, Dialect::ollama_chat,
                              Dialect::ollama_generate};

// The member that carries the conversation, with the given JSON in it.
std::string with_content(Dialect dialect, const std::string& content) {
  const bool chat = dialect == Dialect::openai_chat || dialect == Dialect::ollama_chat;
  return chat ? R"({"model":"small-coder","messages":[{"role":"user","content":)" + content + "}]}"
              : R"({"model":"small-coder","prompt":)" + content + "}";
}

void check_refused(Dialect dialect, const std::string& body, int status = 400) {
  CAPTURE(name(dialect));
  CAPTURE(body.substr(0, 120));
  Client client(home().port());
  const auto before = home().lmstudio().stats().requests;
  const auto reply = client.ask("POST", path(dialect), body);
  CHECK(reply.complete);
  CHECK(reply.status == status);
  CHECK(reply.header("content-type").starts_with("application/json"));
  CHECK_MESSAGE(!error_of(dialect, reply).empty(), reply.body);
  CHECK(home().lmstudio().stats().requests == before);  // no backend was bothered
  // The connection is good for the next request.
  const auto next = client.ask("POST", path(dialect), question(dialect, coder, "after all", false));
  CHECK(next.status == 200);
  CHECK(read_answer(dialect, false, next).text == simulator::answer_for("after all", coder));
}

}  // namespace

TEST_CASE("bad input: what is no request is refused in the client's dialect and the connection lives on") {
  for (const auto dialect : dialects) {
    const std::string deep(5000, '[');
    for (const std::string& body : std::vector<std::string>{
             "",
             "{",
             "}",
             "null",
             "[]",
             "\"text\"",
             "12",
             "{\"model\":",
             "not json at all",
             "{'model':'x'}",
             question(dialect, coder, "x", false) + "trailing",
             question(dialect, coder, "x", false) + "{}",
             "{}",
             R"({"model":"small-coder"})",
             with_content(dialect, "12"),
             with_content(dialect, deep),
             with_content(dialect, "{\"a\":" + deep),
             with_content(dialect, "\"\xff\xfe broken utf-8\""),
             with_content(dialect, "\"\x80\""),
             with_content(dialect, "\"raw \x01 control\""),
             question(dialect, coder, "x", false, R"(,"stream":"yes")"),
             R"({"model":7,"messages":[{"role":"user","content":"x"}],"prompt":"x"})",
             R"({"model":"small-coder","messages":"x","prompt":{"x":1}})",
             R"({"model":"small-coder","messages":[7],"prompt":[[[1]]]})",
         }) {
      if (is_ollama(dialect) && body == R"({"model":"small-coder"})")
        continue;  // there it means: load this model
      check_refused(dialect, body);
    }
  }
}

TEST_CASE("bad input: absurd numbers are refused or tamed, never passed on broken") {
  for (const char* more :
       {R"(,"max_tokens":-5)", R"(,"max_tokens":1e400)", R"(,"max_tokens":"many")", R"(,"temperature":"hot")",
        R"(,"temperature":[1])", R"(,"n":0)", R"(,"n":-1)", R"(,"max_tokens":99999999999999999999999999)",
        R"(,"top_p":{})", R"(,"stop":7)", R"(,"tools":"x")", R"(,"tools":[7])", R"(,"response_format":7)",
        R"(,"response_format":{"type":"poem"})", R"(,"tool_choice":7)"}) {
    check_refused(Dialect::openai_chat, question(Dialect::openai_chat, coder, "x", false, more));
  }
  for (const char* more :
       {R"(,"options":7)", R"(,"options":{"num_predict":"x"})", R"(,"options":{"temperature":"hot"})",
        R"(,"tools":"x")", R"(,"format":7)", R"(,"options":{"stop":7})", R"(,"think":[1])"}) {
    check_refused(Dialect::ollama_chat, question(Dialect::ollama_chat, coder, "x", false, more));
  }
}

TEST_CASE("bad input: an unknown model is 404 in every dialect") {
  for (const auto dialect : dialects) {
    check_refused(dialect, question(dialect, "no-such-model", "x", false), 404);
    check_refused(dialect, question(dialect, "no-such-model", "x", true), 404);
  }
  const auto openai =
      ask(home().port(), "POST", "/v1/embeddings", R"({"model":"no-such-model","input":"x"})");
  CHECK(openai.status == 404);
  CHECK(!error_of(Dialect::openai_chat, openai).empty());
  const auto ollama = ask(home().port(), "POST", "/api/embed", R"({"model":"no-such-model","input":"x"})");
  CHECK(ollama.status == 404);
  CHECK(!error_of(Dialect::ollama_chat, ollama).empty());
  CHECK(ask(home().port(), "POST", "/api/show", R"({"model":"no-such-model"})").status == 404);
}

TEST_CASE("bad input: unknown paths and wrong methods say what would work") {
  Client client(home().port());
  auto reply = client.ask("GET", "/v1/nothing");
  CHECK(reply.status == 404);
  CHECK(!error_of(Dialect::openai_chat, reply).empty());
  reply = client.ask("GET", "/api/nothing");
  CHECK(reply.status == 404);
  CHECK(!error_of(Dialect::ollama_chat, reply).empty());
  reply = client.ask("POST", "/v1/v1/chat/completions", "{}");
  CHECK(reply.status == 404);
  CHECK(reply.body.find("/v1") != std::string::npos);
  reply = client.ask("GET", "/v1/chat/completions");
  CHECK(reply.status == 405);
  CHECK(reply.header("allow").find("POST") != std::string::npos);
  CHECK(!error_of(Dialect::openai_chat, reply).empty());
  reply = client.ask("DELETE", "/api/chat");
  CHECK(reply.status == 405);
  CHECK(reply.header("allow").find("POST") != std::string::npos);
  CHECK(!error_of(Dialect::ollama_chat, reply).empty());
  reply = client.ask("POST", "/v1/models", "{}");
  CHECK(reply.status == 405);
  CHECK(reply.header("allow").find("GET") != std::string::npos);
  reply = client.ask("BREW", "/v1/models");
  CHECK(reply.status >= 400);
  CHECK(reply.status < 502);
}

TEST_CASE("bad input: broken embeddings requests are refused in both dialects") {
  for (const char* rest : {"", R"(,"input":7)", R"(,"input":{})", R"(,"input":[{}])", R"(,"input":[])"}) {
    CAPTURE(rest);
    const std::string body = std::string(R"({"model":"text-embedding-small")") + rest + "}";
    const auto openai = ask(home().port(), "POST", "/v1/embeddings", body);
    CHECK(openai.status == 400);
    CHECK(!error_of(Dialect::openai_chat, openai).empty());
    if (std::string_view(rest).empty() || std::string_view(rest) == R"(,"input":[])")
      continue;  // Ollama answers these
    const auto ollama = ask(home().port(), "POST", "/api/embed", body);
    CHECK(ollama.status == 400);
    CHECK(!error_of(Dialect::ollama_chat, ollama).empty());
  }
}

TEST_CASE(
    "bad input: heads too large, bodies too large and ambiguous framing end the connection with an error") {
  Plan plan;
  plan.server = "  maxHeaderSize: 4KiB\n  maxBodySize: 64KiB\n  headerTimeout: 300ms\n";
  House small(plan);
  const auto last_words = [&](const std::string& bytes) {
    Client client(small.port());
    client.send(bytes);
    const auto reply = client.reply();
    CHECK(client.closed());
    return reply;
  };
  CHECK(last_words("GET /v1/models HTTP/1.1\r\nHost: x\r\nx-long: " + std::string(10000, 'a') + "\r\n\r\n")
            .status == 431);
  const auto large_body =
      last_words("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" +
                 std::string(1000, ' '));
  CHECK(large_body.status == 413);
  CHECK(!error_of(Dialect::openai_chat, large_body).empty());
  CHECK(last_words("POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n0\r\n\r\n")
            .status == 400);
  CHECK(
      last_words("POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
          .status == 400);
  CHECK(last_words("POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n").status == 400);
  CHECK(last_words("GET /v1/models HTTP/1.1\r\n\r\n").status == 400);  // no Host
  CHECK(last_words("\x16\x03\x01\x02 nonsense\r\n\r\n").status == 400);
  // A slow sender is let go, with 408 or without a word.
  const auto slow = last_words("GET /v1/models HTT");
  CHECK((slow.status == 408 || slow.status == 0));
  CHECK(ask(small.port(), "GET", "/v1/models").status == 200);
}

TEST_CASE("bad input: others do not notice") {
  Client good(home().port());
  good.request("POST", "/v1/chat/completions",
               question(Dialect::openai_chat, coder, "steady [[words:600]]", true));
  good.until("Simulated");
  for (int i = 0; i < 50; ++i) {
    Client bad(home().port());
    bad.send(i % 2 ? std::string("\0\1\2\3\r\n\r\n", 8)
                   : "POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{{{{");
    if (i % 3 == 0) bad.reset();
  }
  const auto answer = read_stream(Dialect::openai_chat, good.reply());
  CHECK(answer.broken.empty());
  CHECK(answer.text == simulator::answer_for("steady [[words:600]]", coder));
}

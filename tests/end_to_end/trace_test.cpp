#include "house/answer.hpp"
#include "house/exposition.hpp"
#include "house/house.hpp"
#include "house/receiver.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string caller = "00f067aa0ba902b7";

Plan traced(const Receiver& collector, const std::string& more = {}) {
  Plan plan;
  plan.more = "tracing:\n  endpoint: \"" + collector.url() + "\"\n  flush: 20ms\n" + more;
  return plan;
}

Reply chat(const House& home, const std::string& model, const Headers& headers = {}, bool stream = false) {
  const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                         question(Dialect::openai_chat, model, "hello", stream), headers);
  CHECK(reply.status == 200);
  return reply;
}

// All spans that came so far.
std::vector<json> spans(const Receiver& collector) {
  std::vector<json> out;
  for (const auto& post : collector.posts()) {
    CHECK(post.head.starts_with("POST /v1/traces HTTP/1.1"));
    CHECK(post.head.find("application/json") != std::string::npos);
    const auto body = json::parse(post.body, nullptr, false);
    REQUIRE(body.is_object());
    for (const auto& span : body["resourceSpans"][0]["scopeSpans"][0]["spans"]) out.push_back(span);
  }
  return out;
}

std::string fact(const json& span, const std::string& name) {
  for (const auto& one : span["attributes"]) {
    if (one["key"] != name) continue;
    const auto& value = one["value"].begin().value();
    return value.is_string() ? value.get<std::string>() : value.dump();
  }
  return {};
}

std::string traceparent_of(const simulator::Simulator& server) {
  const auto heads = server.last_headers();
  const auto at = heads.find("traceparent: ");
  return at == std::string::npos ? std::string() : heads.substr(at + 13, 55);
}

}  // namespace

TEST_CASE("traces: a request is one span with a child per attempt, under the client's own") {
  const Receiver collector;
  House home(traced(collector));
  home.lmstudio().inject({simulator::Fault::Kind::error500, 0}, 1, coder);
  const auto reply = chat(
      home, coder, {{"traceparent", "00-" + trace_id + "-" + caller + "-01"}, {"tracestate", "a=b,c=d"}});
  REQUIRE(eventually([&] { return spans(collector).size() >= 3; }));
  const auto all = spans(collector);
  REQUIRE(all.size() == 3);
  const auto& root = all[0];
  CHECK(root["traceId"] == trace_id);
  CHECK(root["parentSpanId"] == caller);
  CHECK(root["kind"] == 2);
  CHECK(root["name"] == std::string("chat ") + coder);
  CHECK(!root.contains("status"));
  CHECK(fact(root, "gen_ai.response.model") == coder);
  CHECK(fact(root, "codecrucible.request_id") == reply.header("x-request-id"));
  CHECK(std::stoll(fact(root, "gen_ai.usage.output_tokens")) > 0);
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(all[i]["traceId"] == trace_id);
    CHECK(all[i]["parentSpanId"] == root["spanId"]);
    CHECK(all[i]["kind"] == 3);
    CHECK(all[i]["startTimeUnixNano"].get<std::string>() >= root["startTimeUnixNano"].get<std::string>());
    CHECK(all[i]["endTimeUnixNano"].get<std::string>() <= root["endTimeUnixNano"].get<std::string>());
  }
  CHECK(all[1]["status"]["code"] == 2);
  CHECK(fact(all[1], "error.type") == "backend_error");
  CHECK(!all[2].contains("status"));
  // The backend was told who called it.
  CHECK(traceparent_of(home.lmstudio()) ==
        "00-" + trace_id + "-" + all[2]["spanId"].get<std::string>() + "-01");
  CHECK(home.lmstudio().last_headers().find("tracestate: a=b,c=d") != std::string::npos);
  // Neither question nor answer is in what was sent.
  for (const auto& post : collector.posts()) CHECK(post.body.find("hello") == std::string::npos);
}

TEST_CASE("traces: who says that it is not sampled is not, and what it sent goes on as it came") {
  const Receiver collector;
  House home(traced(collector, "  sample: 1\n"));
  const std::string header = "00-" + trace_id + "-" + caller + "-00";
  chat(home, coder, {{"traceparent", header}});
  CHECK(traceparent_of(home.lmstudio()) == header);
  // Nonsense is no trace: a new one begins.
  chat(home, coder, {{"traceparent", "00-" + trace_id + "-0000000000000000-01"}});
  REQUIRE(eventually([&] { return spans(collector).size() == 2; }));
  CHECK(spans(collector)[0]["traceId"] != trace_id);
  CHECK(!spans(collector)[0].contains("parentSpanId"));
  House plain;
  chat(plain, coder, {{"traceparent", header}});
  CHECK(traceparent_of(plain.lmstudio()) == header);
  chat(plain, coder);
  CHECK(traceparent_of(plain.lmstudio()).empty());
}

TEST_CASE("traces: a share of the requests is drawn") {
  const Receiver collector;
  House home(traced(collector, "  sample: 0.5\n"));
  for (int i = 0; i < 60; ++i) chat(home, coder);
  home.stop();
  const auto roots = spans(collector).size() / 2;
  CHECK(roots > 10);  // 30 expected; either bound is missed once in ten million runs
  CHECK(roots < 50);
}

TEST_CASE("traces: a collector that is silent, refuses or is not there costs requests nothing") {
  for (const int status : {0, 503}) {
    CAPTURE(status);
    const Receiver collector(status);
    House home(traced(collector, "  sample: 1\n  queue: 16\n  timeout: 500ms\n"));
    for (int i = 0; i < 40; ++i) chat(home, coder, {}, i % 2 == 0);
    CHECK(eventually([&] {
      const auto page = read_exposition(ask(home.port(), "GET", "/metrics").body);
      const auto lost = page.sum("codecrucible_trace_spans_total", {{"result", "failed"}}) +
                        page.sum("codecrucible_trace_spans_total", {{"result", "dropped"}});
      CHECK(page.sum("codecrucible_trace_spans_total", {{"result", "exported"}}) == 0);
      return lost == 80;
    }));
  }
}

TEST_CASE("traces: embeddings are a span with a child per attempt, too, and the backend is told") {
  const Receiver collector;
  House home(traced(collector));
  const std::string body = R"({"model":")" + std::string(lm_vectors) + R"(","input":"some text"})";
  const auto reply = ask(home.port(), "POST", "/v1/embeddings", body,
                         {{"traceparent", "00-" + trace_id + "-" + caller + "-01"}});
  REQUIRE(reply.status == 200);
  REQUIRE(eventually([&] { return spans(collector).size() >= 2; }));
  const auto all = spans(collector);
  REQUIRE(all.size() == 2);
  CHECK(all[0]["traceId"] == trace_id);
  CHECK(all[0]["parentSpanId"] == caller);
  CHECK(all[0]["name"] == std::string("embeddings ") + lm_vectors);
  CHECK(fact(all[0], "gen_ai.operation.name") == "embeddings");
  CHECK(fact(all[0], "gen_ai.response.model") == lm_vectors);
  CHECK(fact(all[0], "codecrucible.request_id") == reply.header("x-request-id"));
  CHECK(std::stoll(fact(all[0], "gen_ai.usage.input_tokens")) > 0);
  CHECK(all[1]["parentSpanId"] == all[0]["spanId"]);
  CHECK(all[1]["kind"] == 3);
  CHECK(fact(all[1], "gen_ai.request.model") == lm_vectors);
  CHECK(traceparent_of(home.lmstudio()) ==
        "00-" + trace_id + "-" + all[1]["spanId"].get<std::string>() + "-01");
  // A backend that says no is told of, as of a chat.
  ask(home.port(), "POST", "/v1/embeddings", R"({"model":"no-such-model","input":"x"})",
      {{"traceparent", "00-" + trace_id + "-" + caller + "-01"}});
  REQUIRE(eventually([&] { return spans(collector).size() >= 3; }));
  CHECK(fact(spans(collector)[2], "http.response.status_code") == "404");
}

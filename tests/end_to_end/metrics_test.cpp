#include "house/answer.hpp"
#include "house/exposition.hpp"
#include "house/house.hpp"
#include "places.hpp"
#include "watching.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

// Small models are asked first and doubted easily; answers that have to be the same are kept.
Plan watched() {
  Plan plan;
  plan.llamacpp = true;
  // Long enough that Ollama's time of a load is taken for one.
  plan.adjust = [](simulator::Settings& settings) {
    for (auto& model : settings.models) model.load_seconds = 50;
  };
  plan.more =
      "learning:\n  enabled: true\n  snapshot: 1h\n"
      "fallback:\n  retryBudget: 1\n"
      "routing:\n  escalation:\n    safeAbove: 1\n    extraTime: 20s\n    share: 1\n    burst: 1000\n"
      "  rules:\n    - name: no poems\n      condition: \"headers['x-poem'] == 'yes'\"\n      deny:\n        "
      "reason: no poems here\n"
      "    - name: small\n      target: lmstudio/small-coder\n";
  return plan;
}

// Something of everything that is counted.
void traffic(House& home) {
  static int round = 0;
  const std::string number = std::to_string(++round);
  const auto post = [&](const std::string& where, const std::string& body, const Headers& headers = {}) {
    return ask(home.port(), "POST", where, body, headers);
  };
  for (const bool stream : {true, false}) {
    for (const auto dialect : {Dialect::openai_chat, Dialect::ollama_generate}) {
      CHECK(post(path(dialect), question(dialect, "auto", "hello " + number, stream)).status == 200);
      CHECK(post(path(dialect), question(dialect, large, "hello " + number, stream)).status == 200);
    }
  }
  const std::string refusing =
      "tell me " + number + " [[say@small-coder:I'm sorry, but I can't assist with that.]]";
  CHECK(post(path(Dialect::openai_chat), question(Dialect::openai_chat, "auto", refusing, false)).status ==
        200);
  for (int i = 0; i < 2; ++i) {
    const auto same = question(Dialect::openai_chat, coder, "the same", false, R"(,"temperature":0)");
    CHECK(post(path(Dialect::openai_chat), same).status == 200);
  }
  home.lmstudio().inject({simulator::Fault::Kind::error500, 0});
  CHECK(post(path(Dialect::openai_chat), question(Dialect::openai_chat, "auto", "fault", false)).status ==
        200);
  CHECK(post(path(Dialect::openai_chat),
             question(Dialect::openai_chat, coder, "fails [[fault:error500]]", false))
            .status == 502);
  CHECK(post(path(Dialect::openai_chat), question(Dialect::openai_chat, "nobody", "hello", false)).status ==
        404);
  CHECK(post(path(Dialect::openai_chat), question(Dialect::openai_chat, "auto", "poem", false),
             {{"x-poem", "yes"}})
            .status == 403);
  const json vectors = {{"model", lm_vectors}, {"input", "a text"}};
  CHECK(post("/v1/embeddings", vectors.dump()).status == 200);
}

Exposition scrape(House& home) {
  const auto reply = ask(home.port(), "GET", "/metrics");
  CHECK(reply.status == 200);
  CHECK(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
  return read_exposition(reply.body);
}

// A model whose cold load is measured: it is unloaded, and asked for again.
void cold_load(House& home) {
  home.ollama().unload(large);
  CHECK(eventually([&] {
    const auto fleet = home.fleet();
    return std::any_of(fleet->models.begin(), fleet->models.end(),
                       [](const auto& model) { return model.id == large && !model.resident; });
  }));
  CHECK(ask(home.port(), "POST", "/v1/chat/completions", question(Dialect::openai_chat, large, "cold", false))
            .status == 200);
}

}  // namespace

TEST_CASE("metrics: the page under load is what the format demands, line by line") {
  House home(watched());
  traffic(home);
  cold_load(home);
  traffic(home);
  const auto page = scrape(home);
  for (const auto& broken : page.broken) CHECK_MESSAGE(false, broken);
  CHECK(page.families.size() > 60);
  CHECK(page.sum("codecrucible_requests_total", {{"outcome", "ok"}}) > 10);
  CHECK(page.sum("codecrucible_requests_total", {{"outcome", "model_not_found"}}) == 2);
  CHECK(page.sum("codecrucible_requests_total", {{"surface", "openai-embeddings"}}) == 2);
  CHECK(page.sum("codecrucible_overhead_seconds_count", {{"surface", "openai-embeddings"}}) == 2);
  CHECK(page.sum("codecrucible_denied_total") == 2);
  CHECK(page.sum("codecrucible_decisions_total", {{"rule", "no poems"}}) == 2);
  CHECK(page.sum("codecrucible_decisions_total", {{"rule", "small"}}) >= 6);
  CHECK(page.sum("codecrucible_gen_ai_attempts_total", {{"outcome", "backend_error"}}) >= 4);
  CHECK(page.sum("codecrucible_escalations_total") >= 1);
  CHECK(page.sum("codecrucible_cache_lookups_total", {{"result", "exact_hit"}}) >= 1);
  CHECK(page.sum("codecrucible_task_duration_seconds_count") ==
        page.sum("codecrucible_gen_ai_requests_total"));
  CHECK(page.sum("codecrucible_config_version") == 1);
  CHECK(page.find("codecrucible_model_load_seconds") != nullptr);
  CHECK(eventually([&] { return scrape(home).sum("codecrucible_requests_running") == 0; }));
  CHECK(eventually([&] { return scrape(home).sum("codecrucible_upstreams_running") == 0; }));
  REQUIRE(home.apply(watched().more + "performance:\n  monitoring:\n    maxModels: 50\n").has_value());
  CHECK(scrape(home).sum("codecrucible_config_version") == 2);
}

TEST_CASE("metrics: requests, streams and calls that are under way are seen as such") {
  Plan plan;
  plan.time_scale = 1;
  House home(plan);
  Client client(home.port());
  client.request("POST", "/v1/chat/completions",
                 question(Dialect::openai_chat, coder, "long [[words:2000]]", true));
  client.until("Simulated");
  const auto page = scrape(home);
  CHECK(page.sum("codecrucible_requests_running") == 1);
  CHECK(page.sum("codecrucible_streams_open") == 1);
  CHECK(page.sum("codecrucible_upstreams_running") == 1);
  client.reset();
  CHECK(eventually([&] {
    const auto after = scrape(home);
    return after.sum("codecrucible_requests_running") == 0 && after.sum("codecrucible_streams_open") == 0 &&
           after.sum("codecrucible_upstreams_running") == 0;
  }));
}

TEST_CASE("metrics: what clients make up does not become a label") {
  House home;
  for (int i = 0; i < 50; ++i) {
    const std::string word = "made-up-" + std::to_string(i);
    ask(home.port(), "POST", "/v1/chat/completions",
        question(Dialect::openai_chat, word, "hello", false, R"(,"user":")" + word + "\""),
        {{"x-codecrucible-session", word}, {"x-codecrucible-prefer", word}, {"x-request-id", word}});
    ask(home.port(), "GET", "/" + word);
    ask(home.port(), word, "/v1/models");
  }
  const auto reply = ask(home.port(), "GET", "/metrics");
  CHECK(reply.body.find("made-up") == std::string::npos);
}

TEST_CASE("metrics: dashboards and alerts use what the page has, and nothing else") {
  House home(watched());
  traffic(home);
  cold_load(home);
  const auto names = scrape(home).names();
  const std::set<std::string> there(names.begin(), names.end());
  const auto queries = watching::all_queries(source_dir() + "/docker");
  CHECK(queries.size() > 100);
  for (const auto& query : queries) {
    for (const auto& name : watching::metrics_of(query.text)) {
      if (watching::needs_hardware(name)) continue;
      CHECK_MESSAGE(there.contains(name), query.where, ": ", name);
    }
  }
  // A panel of each family that operators look at; what is only for debugging may be left out.
  std::set<std::string> used;
  for (const auto& query : queries)
    for (const auto& name : watching::metrics_of(query.text)) used.insert(name);
  for (const auto* name : {"codecrucible_requests_total", "codecrucible_overhead_seconds_bucket",
                           "codecrucible_host_up", "codecrucible_policy_version",
                           "codecrucible_escalations_total", "codecrucible_cache_lookups_total"}) {
    CHECK_MESSAGE(used.contains(name), name);
  }
}

TEST_CASE("metrics: promtool accepts the page, the alert rules and the configuration") {
  if (!watching::installed("promtool")) {
    MESSAGE("skipped: promtool is not installed (Debian: prometheus)");
    return;
  }
  House home(watched());
  traffic(home);
  const auto page = ask(home.port(), "GET", "/metrics").body;
  const auto metrics = watching::run({"promtool", "check", "metrics"}, page);
  CHECK_MESSAGE(metrics.exit == 0, metrics.text);
  const auto rules =
      watching::run({"promtool", "check", "rules", source_dir() + "/docker/prometheus/alerts.yaml"});
  CHECK_MESSAGE(rules.exit == 0, rules.text);
  const auto config =
      watching::run({"promtool", "check", "config", source_dir() + "/docker/prometheus/prometheus.yaml"});
  CHECK_MESSAGE(config.exit == 0, config.text);
  const auto alerts =
      watching::run({"promtool", "test", "rules", source_dir() + "/tests/fixtures/alerts_test.yaml"});
  CHECK_MESSAGE(alerts.exit == 0, alerts.text);
}

TEST_CASE("metrics: a real Prometheus finds data for each query of each dashboard and rule") {
  if (!watching::installed("prometheus")) {
    MESSAGE("skipped: prometheus is not installed");
    return;
  }
  House home(watched());
  traffic(home);
  cold_load(home);
  watching::Prometheus prometheus(home.port());
  REQUIRE_MESSAGE(eventually([&] { return ask(prometheus.port(), "GET", "/-/ready").status == 200; }),
                  prometheus.said());
  auto open = watching::all_queries(source_dir() + "/docker");
  // Conditions of alerts hold no data while all is well: what they compare is asked for instead.
  for (auto& query : open) query.text = watching::without_threshold(query.text);
  std::erase_if(open, [](const auto& query) {
    const auto names = watching::metrics_of(query.text);
    return std::any_of(names.begin(), names.end(),
                       [](const auto& name) { return watching::needs_hardware(name); });
  });
  // Rates need two looks at a series: each round brings more.
  for (int round = 0; round < 60 && !open.empty(); ++round) {
    traffic(home);
    std::erase_if(open, [&](const auto& query) { return prometheus.has_data(query.text); });
  }
  for (const auto& query : open) CHECK_MESSAGE(false, query.where, " returns nothing: ", query.text);
}

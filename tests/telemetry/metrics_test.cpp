#include "telemetry/metrics.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace codecrucible::telemetry;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

MetricsSettings small(std::size_t workers = 2, std::size_t series = 3) {
  MetricsSettings settings;
  settings.workers = workers;
  settings.max_series = series;
  settings.dimensions = {{"openai-chat", "ollama-chat"}, {"ok", "refused", "timeout"}, {"edit", "general"}};
  settings.version = "1.2.3";
  settings.commit = "abc";
  return settings;
}

bool has(const std::string& page, const std::string& line) {
  return page.find(line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics: what is told on several workers is summed on the page") {
  const auto metrics = make_metrics(small());
  const Series series = metrics->series("lmstudio", "qwen");
  Finished request;
  request.series = series;
  request.task = 1;
  request.duration = milliseconds{300};
  request.first_token = milliseconds{90};
  request.overhead = microseconds{30};
  request.prompt_tokens = 10;
  request.completion_tokens = 5;
  request.confidence = 0.75;
  metrics->worker(0).finished(request);
  metrics->worker(1).finished(request);
  request.outcome = 2;
  request.surface = 1;
  request.first_token = {};
  metrics->background().finished(request);
  metrics->worker(0).attempt(series, 1);
  metrics->worker(0).count(Count::escalation);
  metrics->background().count(Count::escalation, 2);
  metrics->worker(0).add(Gauge::streams_open, 1);
  metrics->worker(1).add(Gauge::streams_open, -1);
  metrics->worker(1).add(Gauge::streams_open, 3);
  const std::string page = metrics->render({});
  CHECK(has(page, "codecrucible_requests_total{surface=\"openai-chat\",outcome=\"ok\"} 2"));
  CHECK(has(page, "codecrucible_requests_total{surface=\"ollama-chat\",outcome=\"timeout\"} 1"));
  CHECK(has(page,
            "codecrucible_gen_ai_requests_total{provider=\"lmstudio\",model=\"qwen\",task=\"general\","
            "outcome=\"ok\"} 2"));
  CHECK(
      has(page,
          "codecrucible_gen_ai_attempts_total{provider=\"lmstudio\",model=\"qwen\",outcome=\"refused\"} 1"));
  CHECK(has(page,
            "codecrucible_gen_ai_client_token_usage_total{provider=\"lmstudio\",model=\"qwen\",token_type="
            "\"input\"} 30"));
  CHECK(has(page,
            "codecrucible_gen_ai_server_time_to_first_token_seconds_bucket{provider=\"lmstudio\",model="
            "\"qwen\",le=\"0.08\"} 0"));
  CHECK(has(page,
            "codecrucible_gen_ai_server_time_to_first_token_seconds_bucket{provider=\"lmstudio\",model="
            "\"qwen\",le=\"0.1\"} 2"));
  CHECK(has(page,
            "codecrucible_gen_ai_server_time_to_first_token_seconds_count{provider=\"lmstudio\",model="
            "\"qwen\"} 2"));
  CHECK(has(page,
            "codecrucible_gen_ai_server_request_duration_seconds_bucket{provider=\"lmstudio\",model=\"qwen\","
            "le=\"+Inf\"} 3"));
  CHECK(has(page, "codecrucible_escalations_total{result=\"escalated\"} 3"));
  CHECK(has(page, "codecrucible_streams_open 3"));
  CHECK(has(page, "# TYPE codecrucible_requests_total counter"));
  CHECK(has(page, "# TYPE codecrucible_overhead_seconds histogram"));
  CHECK(page.find("codecrucible_build_info{version=\"1.2.3\",commit=\"abc\"") != std::string::npos);
  CHECK(metrics->total(Count::escalation) == 3);
  CHECK(metrics->requests(0) == 2);
  CHECK(metrics->requests(77) == 0);
  // Each name has one TYPE line, else Prometheus refuses the page.
  const std::string type = "# TYPE codecrucible_cache_lookups_total";
  CHECK(page.find(type) != std::string::npos);
  CHECK(page.find(type, page.find(type) + 1) == std::string::npos);
}

TEST_CASE("metrics: labels are bounded") {
  const auto metrics = make_metrics(small(1, 2));
  const Series a = metrics->series("p", "a");
  CHECK(metrics->series("p", "a") == a);
  metrics->series("p", "b");
  const Series other = metrics->series("p", "c");
  CHECK(other == metrics->series("p", "d"));
  metrics->worker(0).attempt(other, 0);
  CHECK(has(metrics->render({}),
            "codecrucible_gen_ai_attempts_total{provider=\"p\",model=\"other\",outcome=\"ok\"} 1"));
  // Providers without end fall together as well.
  Series last = 0;
  for (int i = 0; i < 1000; ++i) last = metrics->series("provider" + std::to_string(i), "m");
  CHECK(last == metrics->series("one more", "m"));
  metrics->worker(0).attempt(last, 0);
  CHECK(has(metrics->render({}),
            "codecrucible_gen_ai_attempts_total{provider=\"other\",model=\"other\",outcome=\"ok\"} 1"));
  for (int i = 0; i < 1000; ++i) metrics->door("event" + std::to_string(i));
  metrics->door("event1");
  const std::string page = metrics->render({});
  CHECK(has(page, "codecrucible_door_events_total{event=\"event1\"} 2"));
  CHECK(has(page, "codecrucible_door_events_total{event=\"other\"} 937"));
  // Indices from nowhere do no harm.
  Finished wild;
  wild.surface = wild.outcome = wild.task = 9999;
  wild.series = 9999;
  metrics->worker(0).finished(wild);
}

TEST_CASE("metrics: labels are escaped, samples and process figures are on the page") {
  const auto metrics = make_metrics(small());
  metrics->worker(0).attempt(metrics->series("a\"b\\c\nd", "m"), 0);
  metrics->host_event("ollama", "probe_failed");
  metrics->host_event("ollama", "probe_failed");
  const std::vector<Sample> samples{
      {"host_up", "Whether a backend answers.", false, {{"provider", "ollama"}}, 1},
      {"host_up", "", false, {{"provider", "lmstudio"}}, 0},
      {"config_version", "Number of the config in force.", false, {}, 7},
  };
  const std::string page = metrics->render(samples);
  CHECK(page.find("provider=\"a\\\"b\\\\c\\nd\"") != std::string::npos);
  CHECK(has(page, "codecrucible_host_up{provider=\"lmstudio\"} 0"));
  CHECK(has(page, "codecrucible_config_version 7"));
  CHECK(has(page, "codecrucible_host_events_total{provider=\"ollama\",event=\"probe_failed\"} 2"));
  const std::size_t memory = page.find("\nprocess_resident_memory_bytes ");
  REQUIRE(memory != std::string::npos);
  CHECK(std::stod(page.substr(memory + 31)) > 1e6);
  const std::size_t start = page.find("\nprocess_start_time_seconds ");
  REQUIRE(start != std::string::npos);
  CHECK(std::stod(page.substr(start + 28)) > 1.6e9);
}

TEST_CASE("metrics: workers count while others read and count") {
  const auto metrics = make_metrics(small(3, 10));
  constexpr int rounds = 20'000;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < 3; ++w)
    threads.emplace_back([&, w] {
      const Series series = metrics->series("p", "m" + std::to_string(w % 2));
      Finished request;
      request.series = series;
      request.prompt_tokens = 2;
      for (int i = 0; i < rounds; ++i) {
        metrics->worker(w).finished(request);
        metrics->worker(w).add(Gauge::requests_running, i % 2 ? -1 : 1);
        metrics->background().count(Count::cache_miss);
        metrics->door(i % 2 ? "accepted" : "closed");
      }
    });
  std::thread reader([&] {
    while (!stop) CHECK(metrics->render({}).size() > 100);
  });
  for (auto& thread : threads) thread.join();
  stop = true;
  reader.join();
  CHECK(metrics->requests(0) == 3 * rounds);
  CHECK(metrics->total(Count::cache_miss) == 3 * rounds);
  CHECK(metrics->current(Gauge::requests_running) == 0);
  CHECK(has(metrics->render({}),
            "codecrucible_door_events_total{event=\"accepted\"} " + std::to_string(3 * rounds / 2)));
}

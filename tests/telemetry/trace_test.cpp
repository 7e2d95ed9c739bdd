#include "telemetry/trace.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible::telemetry;

TEST_CASE("traceparent: what the standard allows is read, and written as it was") {
  const std::string header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto context = read_traceparent(header);
  REQUIRE(context);
  CHECK(context->trace[0] == 0x4bf92f3577b34da6);
  CHECK(context->trace[1] == 0xa3ce929d0e0e4736);
  CHECK(context->span == 0x00f067aa0ba902b7);
  CHECK(context->sampled);
  CHECK(write_traceparent(*context) == header);
  // Later versions may say more; unknown flags are no trouble.
  CHECK(read_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-else"));
  CHECK_FALSE(read_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02")->sampled);
}

TEST_CASE("traceparent: what it forbids is none") {
  for (const std::string_view header : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                                        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                                        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                                        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
                                        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"}) {
    CAPTURE(header);
    CHECK_FALSE(read_traceparent(header));
  }
}

TEST_CASE("traces: spans are OTLP's JSON, whatever is in their texts") {
  Span span;
  span.context = {{1, 0xabc}, 7, true};
  span.parent = 9;
  span.name = "chat \"q\"\\\n";
  span.kind = Span::Kind::client;
  span.began = std::chrono::system_clock::time_point(std::chrono::nanoseconds(1'700'000'000'000'000'001));
  span.ended = span.began + std::chrono::milliseconds(5);
  span.attributes = {
      {"text", std::string("ä\x01")}, {"whole", std::int64_t{1} << 60}, {"real", 0.25}, {"flag", true}};
  span.trouble = "cut";
  const Span spans[] = {span, span};
  const auto page = nlohmann::json::parse(otlp_json(spans, "my \"gateway\"", "1.2"));
  const auto& resource = page["resourceSpans"][0]["resource"]["attributes"];
  CHECK(resource[0]["value"]["stringValue"] == "my \"gateway\"");
  const auto& all = page["resourceSpans"][0]["scopeSpans"][0]["spans"];
  REQUIRE(all.size() == 2);
  CHECK(all[0]["traceId"] == "00000000000000010000000000000abc");
  CHECK(all[0]["spanId"] == "0000000000000007");
  CHECK(all[0]["parentSpanId"] == "0000000000000009");
  CHECK(all[0]["name"] == span.name);
  CHECK(all[0]["kind"] == 3);
  CHECK(all[0]["startTimeUnixNano"] == "1700000000000000001");
  CHECK(all[0]["endTimeUnixNano"] == "1700000000005000001");
  CHECK(all[0]["attributes"][0]["value"]["stringValue"] == "ä\x01");
  CHECK(all[0]["attributes"][1]["value"]["intValue"] == "1152921504606846976");
  CHECK(all[0]["attributes"][2]["value"]["doubleValue"] == 0.25);
  CHECK(all[0]["attributes"][3]["value"]["boolValue"] == true);
  CHECK(all[0]["status"]["code"] == 2);
}

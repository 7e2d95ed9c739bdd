// The event lane and the ways beside it, per event of about 200 bytes; and reading one request.
#include "wire/openai/backend.hpp"
#include "wire/openai/client.hpp"
#include "wire/openai/relay.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace codecrucible;

std::string chunk(std::string_view delta, std::string_view finish = "null") {
  std::string out =
      R"(data: {"id":"chatcmpl-x1y2z3","object":"chat.completion.chunk","created":1767225600,"model":"qwen3-8b","system_fingerprint":"qwen3-8b","choices":[{"index":0,"delta":)";
  return out.append(delta).append(",\"logprobs\":null,\"finish_reason\":").append(finish).append("}]}\n\n");
}

constexpr int events_per_stream = 64;

std::string stream_of(std::string_view delta) {
  std::string out = chunk(R"({"role":"assistant","content":""})");
  for (int i = 0; i < events_per_stream; ++i) out += chunk(delta);
  return out + chunk("{}", "\"stop\"") + "data: [DONE]\n\n";
}

wire::ReplyContext context_of() {
  wire::ReplyContext context;
  context.id = "own";
  context.model = "m";
  return context;
}

void per_event(benchmark::State& state) {
  state.counters["event"] = benchmark::Counter(static_cast<double>(state.iterations()) * events_per_stream,
                                               benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void relay(benchmark::State& state, const std::string& stream, bool events) {
  const auto context = context_of();
  std::string out;
  core::Events pieces;
  for (auto _ : state) {
    const auto lane = wire::openai::make_relay(context);
    out.clear();
    pieces.clear();
    lane->feed(stream, out, events ? &pieces : nullptr);
    benchmark::DoNotOptimize(out.data());
  }
  per_event(state);
}

void sound_lane(benchmark::State& state) {
  relay(state, stream_of(R"({"content":" word"})"), false);
}
void sound_lane_with_events(benchmark::State& state) {
  relay(state, stream_of(R"({"content":" word"})"), true);
}
void mended_lane(benchmark::State& state) {
  relay(state, stream_of(R"({"role":"assistant","content":" word"})"), false);
}
// Every event differs in more than its words: read and judged each time.
void judged_lane(benchmark::State& state) {
  relay(state, stream_of(R"({"content":" w","tool_calls":[]})"), false);
}

void decode(benchmark::State& state) {
  const std::string stream = stream_of(R"({"role":"assistant","content":" word\n"})");
  core::Events pieces;
  for (auto _ : state) {
    const auto decoder = wire::openai::make_stream_decoder(false);
    pieces.clear();
    decoder->feed(stream, pieces);
    benchmark::DoNotOptimize(pieces.data());
  }
  per_event(state);
}

void encode(benchmark::State& state) {
  const auto context = context_of();
  core::Event event;
  event.kind = core::Event::Kind::text;
  event.text = " word";
  std::string out;
  for (auto _ : state) {
    const auto encoder = wire::openai::make_stream_encoder(context);
    out.clear();
    for (int i = 0; i < events_per_stream; ++i) encoder->encode(event, out);
    benchmark::DoNotOptimize(out.data());
  }
  per_event(state);
}

void read_request(benchmark::State& state) {
  std::string body =
      R"({"model":"auto","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":")";
  body.append(static_cast<std::size_t>(state.range(0)), 'x')
      .append(R"("}],"stream":true,"temperature":0.7,"max_tokens":256})");
  body.reserve(body.size() + 64);
  for (auto _ : state) {
    core::Arena arena;
    core::ChatRequest request(arena);
    wire::openai::SourceMap source;
    const auto result = wire::openai::decode_chat(body, arena, request, source);
    benchmark::DoNotOptimize(result.has_value());
  }
}

BENCHMARK(sound_lane);
BENCHMARK(sound_lane_with_events);
BENCHMARK(mended_lane);
BENCHMARK(judged_lane);
BENCHMARK(decode);
BENCHMARK(encode);
BENCHMARK(read_request)->Arg(300)->Arg(80000);

}  // namespace

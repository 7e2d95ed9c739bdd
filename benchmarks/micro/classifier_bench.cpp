#include "classifier/classify.hpp"
#include "classifier/model.hpp"
#include "core/arena.hpp"

#include <benchmark/benchmark.h>

#include <string>

// Layers 1 and 2 together over prompts of a given size: the budget is 20 us for 500 characters, 100 us for 8
// KB. Run from the repository's root, or give the models' folder in CODECRUCIBLE_MODELS.
namespace {

using namespace codecrucible;

constexpr std::string_view prose =
    "Please add a retry with exponential backoff to the upload client, because the backend sometimes answers "
    "503 while it restarts. The number of attempts should be configurable in settings.yaml, and every "
    "attempt "
    "must be logged with its duration. Can you also update the tests in upload_test.py and explain why the "
    "current implementation loses the last chunk when the connection is closed early? ";
constexpr std::string_view code =
    "    for (const auto& item : items) {\n        total += item.price * item.count;  // cents\n    }\n";

std::string text_of(std::size_t bytes, bool with_code) {
  std::string text;
  while (text.size() < bytes) {
    text += prose;
    if (with_code) text.append("\n```cpp\n").append(code).append(code).append("```\n");
  }
  text.resize(bytes);
  return text;
}

void run(benchmark::State& state, bool with_code) {
  const char* place = std::getenv("CODECRUCIBLE_MODELS");
  const std::string models = place != nullptr ? place : "models";
  classifier::Layers layers;
  auto model = classifier::load_model(models + "/classifier.model", models + "/words.vectors");
  if (!model) {
    state.SkipWithError(model.error().detail.c_str());
    return;
  }
  layers.model = *model;
  const auto text = text_of(static_cast<std::size_t>(state.range(0)), with_code);
  core::Arena arena;
  core::ChatRequest request(arena);
  auto& message = request.messages.emplace_back();
  core::Part part;
  part.text = text;
  message.parts.push_back(part);
  for (auto _ : state) {
    auto verdict = classifier::classify(request, layers);
    benchmark::DoNotOptimize(verdict);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void classify_prose(benchmark::State& state) {
  run(state, false);
}
void classify_mixed(benchmark::State& state) {
  run(state, true);
}
BENCHMARK(classify_prose)->Arg(100)->Arg(500)->Arg(2000)->Arg(8192)->Arg(100000);
BENCHMARK(classify_mixed)->Arg(500)->Arg(8192);

}  // namespace

BENCHMARK_MAIN();

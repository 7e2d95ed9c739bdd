#include "fleet/slots.hpp"
#include "story.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace codecrucible;
using namespace codecrucible::fleet;
using namespace codecrucible::fleet::test;

namespace {

// A server with a base latency, fixed speeds and noise, and now and then a hiccup.
struct Synthetic {
  std::mt19937_64 random{7};
  double base = 0.15, prefill = 900, decode = 42, noise = 0.2;

  double shaken(double value) { return value * std::exp(std::normal_distribution<double>(0, noise)(random)); }
  Outcome answer(std::int64_t prompt, std::int64_t output, bool tells) {
    double first = shaken(base + static_cast<double>(prompt) / prefill);
    if (random() % 20 == 0) first *= 8;
    const double writing = shaken(static_cast<double>(output) / decode);
    Outcome outcome = good(first, first + writing);
    outcome.usage.prompt_tokens = prompt;
    outcome.usage.completion_tokens = output;
    if (tells) {
      outcome.timings.prefill = std::chrono::nanoseconds(static_cast<std::int64_t>(first * 1e9));
      outcome.timings.decode = std::chrono::nanoseconds(static_cast<std::int64_t>(writing * 1e9));
    }
    return outcome;
  }
};

// What an outcome shows of the times: the server's own figures, the client's clock, or only the whole.
enum class Told { figures, clock, whole };

double median_error(Told told, bool surprise = false) {
  Fleet fleet(with({host("box", core::ProviderKind::vllm)}), at(0));
  fleet.probed("box", listing({"m"}, 1), at(0), at(0));
  Synthetic server;
  std::vector<double> errors;
  for (int i = 0; i < 150; ++i) {
    const auto prompt =
        static_cast<std::int64_t>(std::exp(std::uniform_real_distribution<double>(3, 9)(server.random)));
    const auto output = static_cast<std::int64_t>(20 + server.random() % 400);
    const double start = 1 + 60.0 * i;
    auto wanted = ask(1, {{"box", "m"}});
    wanted.prompt_tokens = prompt;
    wanted.output_tokens = output;
    const auto got = fleet.ask(wanted, at(start));
    REQUIRE(lease(got));
    auto outcome = server.answer(prompt, output, told == Told::figures);
    if (told == Told::whole) outcome.first.reset();
    if (i >= 50) {
      CHECK(lease(got)->expected.measured);
      const double actual = std::chrono::duration<double>(outcome.total).count();
      errors.push_back(std::abs(lease(got)->expected.total() - actual) / actual);
    }
    const auto off = fleet.finished(lease(got)->id, outcome, at(start + 30));
    CHECK(off.has_value() == lease(got)->expected.measured);
    if (surprise && i >= 50) errors.back() = *off;
  }
  std::nth_element(errors.begin(), errors.begin() + 50, errors.end());
  return errors[50];
}

}  // namespace

TEST_CASE("estimates: the median error after 50 requests is at most 25 percent") {
  const double by_server = median_error(Told::figures);
  const double by_clock = median_error(Told::clock);
  const double by_whole = median_error(Told::whole);
  MESSAGE("median error: server's figures " << by_server << ", clock " << by_clock << ", whole replies "
                                            << by_whole);
  CHECK(by_whole <= 0.25);
  CHECK(median_error(Told::figures, true) == doctest::Approx(by_server));
  CHECK(by_server <= 0.25);
  CHECK(by_clock <= 0.25);
}

TEST_CASE("estimates: a mean follows a server that changes and shrugs off one outlier") {
  Mean mean;
  for (int i = 0; i < 50; ++i) mean.add(10 + 0.1 * (i % 5));
  mean.add(10'000);
  CHECK(*mean.value() < 11);
  for (int i = 0; i < 60; ++i) mean.add(20);
  CHECK(*mean.value() == doctest::Approx(20).epsilon(0.1));
}

TEST_CASE("estimates: prompt estimates are calibrated by what the server counted") {
  Fleet fleet(with({host("box", core::ProviderKind::vllm)}), at(0));
  auto list = listing({"m"}, 1);
  list.models[0].window = 1000;
  fleet.probed("box", list, at(0), at(0));
  const Pair m{"box", "m"};
  CHECK_FALSE(fleet.misfit(m, 900, 50).has_value());
  for (int i = 0; i < 20; ++i) {
    auto wanted = ask(1, {m});
    wanted.prompt_tokens = 500;
    const auto got = fleet.ask(wanted, at(1 + i));
    Outcome outcome = good(0.1, 0.5);
    outcome.usage.prompt_tokens = 600;
    fleet.finished(lease(got)->id, outcome, at(1.5 + i));
  }
  CHECK(fleet.calibrated(m, 500) == 600);
  CHECK(fleet.misfit(m, 900, 50).has_value());
  CHECK(fleet.view(at(30), true)->models[0].token_factor == doctest::Approx(1.2).epsilon(0.01));
}

TEST_CASE("slots: rise one by one under demand and halve when the first token slows down") {
  SlotSettings settings;
  SlotLearner learner;
  learner.slots = 1;
  for (int i = 0; i < 8; ++i) learner.answered(1.1, true, 1, settings);
  CHECK(learner.slots == 2);
  for (int i = 0; i < 100; ++i) learner.answered(1.1, false, 1, settings);
  CHECK(learner.slots == 2);
  learner.answered(9, true, 2, settings);
  CHECK(learner.slots == 1);
  for (int i = 0; i < 8; ++i) learner.answered(1.1, true, 1, settings);
  CHECK(learner.slots == 1);
  for (int i = 0; i < 8; ++i) learner.answered(1.1, true, 1, settings);
  CHECK(learner.slots == 2);
}

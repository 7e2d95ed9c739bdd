// Kills, restarts, stalls, cuts, 500s, 503s, slow loads, garbage and evictions at random (seeded) under two
// simulated hosts with four models, while many clients ask; then says what the clients saw.
//   chaos [--clients N] [--seconds S] [--seed X] [--no-swap-guard]
// Hosts come back within a second, so a healthy backend could serve every request long before its deadline:
// each has to get the right answer whole or, only after content has gone out, a proper error event. Exit
// status 1 if any answer was wrong, doubled or cut off but called complete, if any request was given up
// before its deadline with nothing sent, or if connections, slots or memory leaked.
#include "house/answer.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace codecrucible;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds deadline{60};  // fallback.timeouts.total of the gateway under test

struct Options {
  std::size_t clients = 200;
  double seconds = 600;
  std::uint64_t seed = 1;
  bool guard = true;
};

struct Tally {
  std::mutex mutex;
  std::uint64_t asked = 0, right = 0, told_late = 0, wrong = 0, past_deadline = 0;
  std::map<std::string, std::uint64_t> given_up;  // nothing had gone out and there was time left
  std::chrono::duration<double> longest{};        // of a right answer
  std::vector<std::string> stories;               // of wrong answers

  void add_given_up(const std::string& why, Clock::duration took) {
    const std::scoped_lock lock(mutex);
    if (took >= deadline) {
      ++past_deadline;
    } else {
      ++given_up[why.substr(0, 90)];
    }
  }

  void add_wrong(std::string story) {
    const std::scoped_lock lock(mutex);
    ++wrong;
    if (stories.size() < 10) stories.push_back(std::move(story));
  }
};

const std::vector<std::string> models{
    "auto",       "auto-fast",          "auto-quality", house::coder, house::lm_thinker,
    house::large, house::ollama_thinker};
constexpr house::Dialect dialects[] = {house::Dialect::openai_chat, house::Dialect::ollama_chat};

// One client: asks, checks, asks again.
void ask_on(const house::House& home, const Options& options, std::size_t number,
            const std::atomic<bool>& over, Tally& tally) {
  std::mt19937_64 random(options.seed * 7919 + number);
  for (std::uint64_t turn = 0; !over; ++turn) {
    const auto dialect = dialects[random() % 2];
    const bool stream = random() % 3 != 0;
    const std::string& model = models[random() % models.size()];
    const std::string prompt =
        "client " + std::to_string(number) + " turn " + std::to_string(turn) + " asks about values";
    {
      const std::scoped_lock lock(tally.mutex);
      ++tally.asked;
    }
    const auto began = Clock::now();
    const auto reply = house::ask(home.port(), "POST", house::path(dialect),
                                  house::question(dialect, model, prompt, stream));
    const std::string where =
        house::name(dialect) + (stream ? " stream " : " whole ") + model + ": " + prompt + ": ";
    if (reply.status == 0) {
      tally.add_wrong(where + "no reply at all");
      continue;
    }
    const auto took = Clock::now() - began;
    if (reply.status != 200) {
      tally.add_given_up(std::to_string(reply.status) + " " + house::error_of(dialect, reply), took);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    const auto answer = house::read_answer(dialect, stream, reply);
    if (answer.error) {
      if (!answer.finish.empty()) tally.add_wrong(where + "an error and a finish");
      if (answer.text.empty() && answer.reasoning.empty()) {
        tally.add_given_up("in the stream: " + *answer.error, took);
        continue;
      }
      const std::scoped_lock lock(tally.mutex);
      ++tally.told_late;
      continue;
    }
    const std::string truth = simulator::answer_for(prompt, answer.model);
    const bool right =
        answer.text == truth && answer.broken.empty() && reply.complete && (!stream || answer.ends == 1);
    if (right) {
      const std::scoped_lock lock(tally.mutex);
      ++tally.right;
      tally.longest = std::max<std::chrono::duration<double>>(tally.longest, took);
    } else {
      tally.add_wrong(where + "model " + answer.model + ", finish '" + answer.finish + "', " +
                      (answer.broken.empty() ? "" : answer.broken.front() + ", ") +
                      "got: " + answer.text.substr(0, 200) + " wanted: " + truth.substr(0, 200));
    }
  }
}

// Does something bad about ten times a second.
void torment(house::House& home, const Options& options, const std::atomic<bool>& over,
             std::uint64_t& deeds) {
  using Kind = simulator::Fault::Kind;
  constexpr Kind kinds[] = {Kind::reset,      Kind::error500,  Kind::overloaded,      Kind::loading,
                            Kind::cut,        Kind::malformed, Kind::error_in_stream, Kind::garbage,
                            Kind::slow_first, Kind::stall,     Kind::wrong_model,     Kind::empty,
                            Kind::hang};
  std::mt19937_64 random(options.seed);
  simulator::Simulator* const hosts[] = {&home.lmstudio(), &home.ollama()};
  const std::vector<std::string> residents[] = {{house::coder, house::lm_thinker},
                                                {house::large, house::ollama_thinker}};
  while (!over) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 100));
    // What nobody has met by now is let go: else the faults pile up until no server is in health any more,
    // and nothing could be asked of the gateway.
    for (auto* const host : hosts) host->forgive();
    const auto side = random() % 2;
    const auto what = random() % 20;
    if (what == 0) {
      hosts[side]->down(true);
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 600));
      hosts[side]->down(false);
    } else if (what < 3) {
      hosts[side]->unload(residents[side][random() % 2]);
    } else {
      simulator::Fault fault;
      fault.kind = kinds[random() % std::size(kinds)];
      fault.at = fault.kind == Kind::slow_first ? 200 : static_cast<int>(random() % 6);
      hosts[side]->inject(fault, 1 + static_cast<int>(random() % 3));
    }
    ++deeds;
  }
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : "0"; };
    if (word == "--clients") options.clients = std::strtoul(value(), nullptr, 10);
    if (word == "--seconds") options.seconds = std::strtod(value(), nullptr);
    if (word == "--seed") options.seed = std::strtoull(value(), nullptr, 10);
    if (word == "--no-swap-guard") options.guard = false;
  }
  return options;
}

// Bytes of memory that the process holds, what malloc keeps for later given back first.
double resident() {
#ifndef CODECRUCIBLE_SANITIZED
  malloc_trim(0);
#endif
  std::ifstream file("/proc/self/statm");
  double size = 0, pages = 0;
  file >> size >> pages;
  return pages * 4096;
}

int report(house::House& home, const Options& options, Tally& tally, std::uint64_t deeds, double seconds,
           double early_memory) {
  std::uint64_t given_up = 0;
  for (const auto& [code, count] : tally.given_up) given_up += count;
  std::printf("seed %llu, %zu clients, %.0f s, %llu deeds, swap guard %s\n",
              static_cast<unsigned long long>(options.seed), options.clients, seconds,
              static_cast<unsigned long long>(deeds), options.guard ? "on" : "off");
  std::printf(
      "asked %llu  right %llu (longest %.1f s)  error event after content %llu  past the deadline %llu  "
      "GIVEN UP %llu  WRONG %llu\n",
      static_cast<unsigned long long>(tally.asked), static_cast<unsigned long long>(tally.right),
      tally.longest.count(), static_cast<unsigned long long>(tally.told_late),
      static_cast<unsigned long long>(tally.past_deadline), static_cast<unsigned long long>(given_up),
      static_cast<unsigned long long>(tally.wrong));
  for (const auto& [code, count] : tally.given_up) {
    std::printf("  %llu × %s\n", static_cast<unsigned long long>(count), code.c_str());
  }
  for (const auto& story : tally.stories) std::printf("  wrong: %s\n", story.c_str());
  std::uint64_t evicted = 0;
  for (auto* const server : home.all()) evicted += server->stats().evicted_while_running;
  std::printf("generations killed by an eviction: %llu\n", static_cast<unsigned long long>(evicted));
  const bool quiet = house::eventually([&] { return home.running() == 0; });
  const auto fleet = home.fleet();
  int held = 0;
  for (const auto& host : fleet->hosts) held += host.running + host.queued;
  // Idle connections to the servers are let go after a few seconds.
  std::uint64_t connections = 0;
  const bool closed = house::eventually([&] {
    connections = 0;
    for (auto* const server : home.all()) connections += server->stats().connections;
    return connections <= 4;  // those of the last probes
  });
  const double memory = resident();
  const double mib = 1024 * 1024;
  std::printf(
      "after the end: running on the servers %s, slots and places held in the gateway %d, connections to the "
      "servers %llu, memory %.1f MiB (%.1f MiB after a fifth of the time)\n",
      quiet ? "0" : "NOT 0", held, static_cast<unsigned long long>(connections), memory / mib,
      early_memory / mib);
#ifdef CODECRUCIBLE_SANITIZED
  const bool leaked = !closed;  // sanitizers keep freed memory back and look for leaks themselves
#else
  const bool leaked = !closed || memory > early_memory + 24 * mib;
#endif
  return tally.wrong == 0 && given_up == 0 && quiet && held == 0 && !leaked ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  house::Plan plan;
  plan.time_scale = 0.05;
  // As an operator would set it who rather waits than fails: about every second try meets a fault here.
  plan.more =
      "queue: {length: 5000, perClient: 5000, recoveryWait: 30s}\n"
      "fallback:\n  attempts: 100\n  retryBudget: 1\n  retryBurst: 1000\n  loadingWait: 200ms\n"
      "  timeouts: {connect: 500ms, firstToken: 3s, firstTokenWhileLoading: 5s, idle: 1s, total: 60s, load: "
      "5s}\n"
      "  breaker: {backoff: 100ms, maxBackoff: 500ms}\n  hostBreaker: {backoff: 100ms, maxBackoff: 500ms}\n"
      "resources: {turn: 500ms, minDwell: 150ms, loadBackoff: 100ms, swapGuard: ";
  plan.more += options.guard ? "true}\n" : "false}\n";
  plan.adjust = [](simulator::Settings& settings) { settings.max_loaded = 2; };
  house::House home(plan);
  house::patience_ms = 90'000;
  Tally tally;
  std::atomic<bool> over{false};
  std::uint64_t deeds = 0;
  const auto began = Clock::now();
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < options.clients; ++i) {
    clients.emplace_back([&, i] { ask_on(home, options, i, over, tally); });
  }
  std::thread tormentor([&] { torment(home, options, over, deeds); });
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds / 5));
  const double early_memory = resident();
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds * 4 / 5));
  over = true;
  tormentor.join();
  for (auto* const server : home.all()) server->down(false);
  for (auto& client : clients) client.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  // A cancelled generation keeps its slot for a grace period.
  std::this_thread::sleep_for(std::chrono::seconds(4));
  return report(home, options, tally, deeds, seconds, early_memory);
}

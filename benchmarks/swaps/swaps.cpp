// Two hosts with two models each and room for one in memory, many clients that ask for all four at random:
// the same minute with the swap guard on and, as naive first-come routing does it, off. Says how many right
// answers each way gave and how many generations were killed by an eviction.
//   swaps [--clients N] [--seconds S] [--seed X]
// Exit status 1 if the guard let a generation be evicted, or gave less than twice the answers.
#include "house/answer.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace codecrucible;

struct Options {
  std::size_t clients = 32;
  double seconds = 30;
  std::uint64_t seed = 1;
};

struct Count {
  std::atomic<std::uint64_t> right{0}, failed{0}, wrong{0};
  std::uint64_t loads = 0, evicted = 0;
};

// Times are a twentieth of a real machine's: a load of 10 s takes 0.5 s, and the guard's spans are scaled
// alike.
constexpr double time_scale = 0.05;
constexpr double load_seconds = 10;

void ask_on(const house::House& home, const Options& options, std::size_t number,
            const std::atomic<bool>& over, Count& count) {
  const std::vector<std::string> models{house::coder, house::lm_thinker, house::large, house::ollama_thinker};
  std::mt19937_64 random(options.seed * 7919 + number);
  const auto dialect = house::Dialect::openai_chat;
  for (std::uint64_t turn = 0; !over; ++turn) {
    const auto& model = models[random() % models.size()];
    const std::string prompt = "client " + std::to_string(number) + " turn " + std::to_string(turn);
    const auto reply =
        house::ask(home.port(), "POST", house::path(dialect), house::question(dialect, model, prompt, true));
    const auto answer = house::read_answer(dialect, true, reply);
    if (reply.status != 200 || answer.error) {
      ++count.failed;
    } else if (answer.text == simulator::answer_for(prompt, answer.model)) {
      ++count.right;
    } else {
      ++count.wrong;
    }
  }
}

void run(const Options& options, bool guard, Count& count) {
  house::Plan plan;
  plan.time_scale = time_scale;
  plan.more =
      "queue: {length: 5000, perClient: 5000}\n"
      "fallback:\n  attempts: 20\n  retryBudget: 1\n  retryBurst: 1000\n"
      "resources: {turn: 500ms, minDwell: 150ms, swapGuard: ";
  plan.more += guard ? "true}\n" : "false}\n";
  plan.adjust = [](simulator::Settings& settings) {
    settings.max_loaded = 1;
    settings.resident.clear();
    for (auto& model : settings.models) model.load_seconds = load_seconds;
  };
  house::House home(plan);
  std::atomic<bool> over{false};
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < options.clients; ++i) {
    clients.emplace_back([&, i] { ask_on(home, options, i, over, count); });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  over = true;
  for (auto& client : clients) client.join();
  for (auto* const server : home.all()) {
    count.loads += server->stats().loads;
    count.evicted += server->stats().evicted_while_running;
  }
  std::printf(
      "swap guard %-3s  right %6.1f/s  failed %llu  wrong %llu  loads %llu  evicted while generating %llu\n",
      guard ? "on" : "off", static_cast<double>(count.right) / options.seconds,
      static_cast<unsigned long long>(count.failed), static_cast<unsigned long long>(count.wrong),
      static_cast<unsigned long long>(count.loads), static_cast<unsigned long long>(count.evicted));
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view word = argv[i];
    if (word == "--clients") options.clients = std::strtoul(argv[i + 1], nullptr, 10);
    if (word == "--seconds") options.seconds = std::strtod(argv[i + 1], nullptr);
    if (word == "--seed") options.seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Count with, without;
  run(options, true, with);
  run(options, false, without);
  const double ratio =
      static_cast<double>(with.right) / std::max(1.0, static_cast<double>(without.right.load()));
  std::printf("throughput with the guard: %.1f times that of first come, first served\n", ratio);
  return with.evicted == 0 && with.wrong == 0 && ratio >= 2 ? 0 : 1;
}

// Two promises of the fleet, measured through the whole gateway on the simulators (simulation: real sockets,
// invented answers):
//   a client that leaves ends its generation within 50 ms, whatever phase it is in;
//   the time foreseen for an answer is off by 25 % or less (median) after 50 requests.
//   promises [--rounds N]
// Exit status 1 if one is not kept. The first one needs a machine that has nothing else to do.
#include "house/answer.hpp"
#include "house/client.hpp"
#include "house/house.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace codecrucible;
using Clock = std::chrono::steady_clock;

constexpr double most_ms = 50;
constexpr double most_error = 0.25;
constexpr const char* queue_entered = "codecrucible_queue_events_total{event=\"entered\"}";
constexpr const char* queue_left = "codecrucible_queue_events_total{event=\"left\"}";
constexpr auto dialect = house::Dialect::openai_chat;

double milliseconds_until(const std::function<bool()>& holds) {
  const auto began = Clock::now();
  while (!holds()) {
    if (Clock::now() - began > std::chrono::seconds(10)) return 10'000;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

void pause(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

struct Phase {
  const char* name;
  const char* model;
  bool stream;
  std::string prompt;
  const char* until;  // what the client sees before it leaves; empty: nothing
};

// From the client's close to the moment when the server has ended the generation.
double leave_in(house::House& home, simulator::Simulator& server, const Phase& phase) {
  const auto before = server.stats();
  house::Client client(home.port());
  client.request("POST", house::path(dialect),
                 house::question(dialect, phase.model, phase.prompt, phase.stream));
  if (*phase.until != '\0') {
    client.until(phase.until);
  } else {
    milliseconds_until([&] { return server.stats().running > before.running; });
    pause(20);
  }
  client.close();
  return milliseconds_until([&] { return server.stats().cancelled > before.cancelled; });
}

// From the close of a client that waits for its turn to the moment when nobody waits any more.
double leave_the_queue(house::House& home, simulator::Simulator& server) {
  std::vector<house::Client> busy;
  for (int i = 0; i < 4; ++i) {
    busy.emplace_back(home.port());
    busy.back().request(
        "POST", house::path(dialect),
        house::question(dialect, house::coder, "long [[words:4000]] " + std::to_string(i), true));
    busy.back().until("Simulated");
  }
  // The list of hosts is drawn anew only now and then; the counters are of this moment.
  const auto counted = [&](const char* name) {
    const auto text = house::ask(home.port(), "GET", "/metrics").body;
    const auto at = text.find("\n" + std::string(name) + ' ');
    return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + std::strlen(name) + 2);
  };
  const int entered = counted(queue_entered), left = counted(queue_left);
  house::Client waiting(home.port());
  waiting.request("POST", house::path(dialect), house::question(dialect, house::coder, "waits", true));
  milliseconds_until([&] { return counted(queue_entered) > entered; });
  waiting.close();
  const double took = milliseconds_until([&] { return counted(queue_left) > left; });
  for (auto& client : busy) client.close();
  milliseconds_until([&] { return server.stats().running == 0; });
  return took;
}

bool show(const char* name, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const double worst = times.back();
  std::printf("  %-34s median %6.1f ms  longest %6.1f ms  of %zu\n", name, times[times.size() / 2], worst,
              times.size());
  return worst <= most_ms;
}

bool measure_leaving(int rounds) {
  house::Plan plan;
  plan.time_scale = 1;
  house::House home(plan);
  // Five thousand tokens are read for more than a second before the first one is written.
  std::string reading = "read this [[words:4000]]";
  for (int i = 0; i < 5000; ++i) reading += " word";
  const Phase phases[] = {
      {"LM Studio, reading the prompt", house::coder, true, reading, ""},
      {"LM Studio, streaming", house::coder, true, "long [[words:4000]]", "Simulated"},
      {"LM Studio, whole", house::coder, false, "long [[words:4000]]", ""},
      {"Ollama, reading the prompt", house::large, true, reading, ""},
      {"Ollama, streaming", house::large, true, "long [[words:4000]]", "Simulated"},
      {"Ollama, whole", house::large, false, "long [[words:4000]]", ""},
  };
  std::printf("the client leaves; its generation ends after\n");
  bool kept = true;
  for (const auto& phase : phases) {
    auto& server = phase.model == house::large ? home.ollama() : home.lmstudio();
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) times.push_back(leave_in(home, server, phase));
    kept = show(phase.name, times) && kept;
  }
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) times.push_back(leave_the_queue(home, home.lmstudio()));
  return show("waiting for its turn", times) && kept;
}

// The histogram of errors that the gateway keeps: upper bound → how many at most that.
std::map<double, double> errors(const house::House& home) {
  const auto text = house::ask(home.port(), "GET", "/metrics").body;
  std::map<double, double> out;
  const std::string mark = "codecrucible_prediction_error_ratio_bucket{le=\"";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const char* const bound = text.c_str() + at + mark.size();
    const char* const count = std::strchr(bound, ' ');
    if (count != nullptr) out[std::strtod(bound, nullptr)] = std::strtod(count, nullptr);
  }
  return out;
}

// Of what came between two looks at the histogram; straight between the bounds.
double median(const std::map<double, double>& before, const std::map<double, double>& after) {
  if (after.empty()) return 1e9;
  const auto seen = [&](double bound, double count) {
    const auto found = before.find(bound);
    return count - (found == before.end() ? 0 : found->second);
  };
  const double half = seen(after.rbegin()->first, after.rbegin()->second) / 2;
  double low = 0, below = 0;
  for (const auto& [bound, count] : after) {
    const double here = seen(bound, count);
    if (here >= half && here > below) return low + (bound - low) * (half - below) / (here - below);
    low = bound;
    below = here;
  }
  return low;
}

bool measure_foresight() {
  house::Plan plan;
  plan.time_scale = 0.2;
  house::House home(plan);
  std::mt19937 random(7);
  const auto ask_some = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const bool strong = random() % 2 == 0;
      std::string prompt =
          "number " + std::to_string(i) + " [[words:" + std::to_string(5 + random() % 200) + "]]";
      for (unsigned more = random() % 400; more > 0; --more) prompt += " word";
      house::ask(home.port(), "POST", house::path(dialect),
                 house::question(dialect, strong ? house::large : house::coder, prompt, random() % 2 == 0));
    }
  };
  ask_some(50);
  const auto before = errors(home);
  ask_some(100);
  const double error = median(before, errors(home));
  std::printf("time foreseen against actual, after 50 requests: median error %.1f %% of 100 more\n",
              error * 100);
  return error <= most_error;
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 20;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--rounds") rounds = std::max(1, std::atoi(argv[i + 1]));
  }
  const bool leaves = measure_leaving(rounds);
  const bool foresees = measure_foresight();
  return leaves && foresees ? 0 : 1;
}

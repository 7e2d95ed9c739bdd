#include "cli/commands.hpp"
#include "cli/discover.hpp"
#include "cli/exit_codes.hpp"
#include "cli/local_view.hpp"
#include "cli/routing_check.hpp"
#include "cli/simulation.hpp"
#include "cli/start_memory.hpp"
#include "cli/terminal.hpp"
#include "config/load.hpp"
#include "config/watch.hpp"
#include "gateway/gateway.hpp"
#include "net/descriptors.hpp"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

namespace codecrucible::cli {
namespace {

using config::Settings;

void say_problems(const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) std::cerr << config::to_string(problem) << '\n';
}

void override_settings(const ServeOptions& options, Settings& settings) {
  if (options.port >= 0) settings.server.port = static_cast<std::uint16_t>(options.port);
  if (!options.address.empty()) settings.server.address = options.address;
  find_model_files(settings.classifier);
  find_model_file(settings.confidence.model_file);
  for (auto& place : settings.learning.retrain.data) find_model_file(place);
  if (options.simulate == "always") settings.development.simulate = config::Simulate::always;
  if (options.simulate == "never") settings.development.simulate = config::Simulate::never;
}

config::Surroundings around_of(const ServeOptions& options, const std::string& path) {
  auto around = config::surroundings_of(path);
  around.check = check_routing;
  if (!options.profile.empty()) around.profile = options.profile;
  return around;
}

config::Loaded load(const ServeOptions& options, const std::string& path) {
  const auto around = around_of(options, path);
  auto loaded = path.empty()
                    ? config::load(config::Source{"built-in defaults", config::documented_defaults()}, around)
                    : config::load_file(path, around);
  return loaded;
}

void say_found(const std::vector<Place>& places, const Style& style) {
  for (const auto& place : places) {
    if (!place.answer && !place.configured) continue;
    if (place.answer) {
      std::cerr << "  " << style.green() << "✓ " << style.off() << place.host.name << "  " << place.host.url
                << "  " << place.answer->models.size() << " models\n";
    } else {
      std::cerr << "  " << style.dim() << "· " << place.host.name << "  " << place.host.url << "  "
                << printable(place.answer.error().detail) << style.off() << '\n';
    }
  }
}

void say_next(const std::string& url, const Style& style) {
  std::cerr << "\nTry next, in another terminal:\n"
            << style.bold() << "  curl " << url
            << "/v1/chat/completions -H 'content-type: application/json' \\\n"
            << "    -d '{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Say hello\"}]}'\n"
            << "  " << program_invocation_name << " \"explain what a circuit breaker does\"\n"
            << "  " << program_invocation_name << " doctor\n"
            << style.off() << '\n';
}

std::string text_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
  return set;
}

// The running program: a gateway, perhaps simulators behind it, and what may change them.
class Serving {
 public:
  Serving(ServeOptions options, std::string path, Settings settings)
      : options_(std::move(options)),
        path_(std::move(path)),
        loaded_(settings),
        wanted_(std::move(settings)),
        style_(style_of(STDERR_FILENO)) {
    override_settings(options_, wanted_);
  }

  int run() {
    Settings settings = settle(wanted_);
    const auto discovery = wanted_.discovery;
    auto started = gateway::start(settings);
    if (!started) {
      std::cerr << style_.red() << "error: " << style_.off() << started.error().detail << '\n';
      return Exit::failed;
    }
    gateway_ = std::move(*started);
    watch();
    if (settings.security.keys.empty() && settings.security.open_to_network) {
      std::cerr << style_.yellow() << "note: " << style_.off() << "security.openToNetwork: whoever reaches "
                << settings.server.address << " may use the gateway\n";
    }
    gateway_->backends_asked(std::chrono::seconds(1));
    const std::string address = settings.server.address == "0.0.0.0" ? "127.0.0.1" : settings.server.address;
    const std::string url = (settings.server.tls.wanted() ? "https://" : "http://") + address + ":" +
                            std::to_string(gateway_->port());
    std::cerr << style_.bold() << "codecrucible" << style_.off() << " serves on " << url
              << (path_.empty() ? "" : "  (config " + path_ + ")") << '\n';
    say_next(url, style_);
    give_back_start_memory();
    wait_for_end(discovery);
    std::cerr << "stopping: running answers may finish …\n";
    watch_.reset();
    gateway_->stop();
    configs_ = nullptr;
    return Exit::ok;
  }

 private:
  // What the settings mean on this machine at this moment: found servers join, or the simulation begins.
  Settings settle(const Settings& wanted) {
    Settings settings = wanted;
    const auto mode = settings.development.simulate;
    const auto places = look_around(settings);
    const bool simulated_before = simulating_;
    simulating_ =
        mode == config::Simulate::always || (mode == config::Simulate::automatic && !anybody_answers(places));
    if (!simulating_) {
      say_found(places, style_);
      adopt(places, settings, served_);
      served_.clear();
      for (const auto& host : settings.fleet.hosts) served_.push_back(host.url);
      return settings;
    }
    if (!simulated_before) {
      if (mode == config::Simulate::automatic) say_found(places, style_);
      const bool asked_for = mode == config::Simulate::always;
      std::cerr << style_.yellow()
                << (asked_for ? "Simulation, as asked for: " : "No server of models answers anywhere: ")
                << style_.off() << "the built-in simulators stand in for LM Studio and Ollama.\n"
                << "Their answers are SIMULATION, marked so in every reply."
                << (asked_for ? "\n" : " Start LM Studio or Ollama and they take over.\n");
    }
    if (simulation_.empty()) {
      auto begun = start_simulators();
      if (!begun) {
        std::cerr << "the simulators cannot start: " << begun.error().detail << '\n';
        simulating_ = false;
        return settings;
      }
      simulation_ = std::move(*begun);
    }
    Settings simulated = settings;
    stand_in(simulation_, simulated);
    return simulated;
  }

  void watch() {
    gateway::ConfigWays ways;
    ways.path = path_;
    ways.text = path_.empty() ? config::documented_defaults() : text_of_file(path_);
    ways.around = around_of(options_, path_);
    ways.settle = [this](const Settings& wanted) {
      const std::scoped_lock lock(mutex_);
      wanted_ = wanted;
      override_settings(options_, wanted_);
      return settle(wanted_);
    };
    configs_ = &gateway_->configs(std::move(ways), loaded_);
    if (path_.empty()) return;
    std::string trouble;
    config::WatchSettings settings;
    settings.path = path_;
    watch_ = config::watch(
        settings, text_of_file(path_), [this](std::string text) { configs_->file_changed(std::move(text)); },
        trouble);
    if (watch_ == nullptr) std::cerr << "the configuration is not watched: " << trouble << '\n';
  }

  void wait_for_end(const config::Discovery& discovery) {
    const sigset_t set = stop_signals();
    auto looked = std::chrono::steady_clock::now();
    while (true) {
      timespec tick{0, 50'000'000};
      const int number = sigtimedwait(&set, nullptr, &tick);
      if (number == SIGINT || number == SIGTERM) return;
      if (number == SIGHUP && !path_.empty()) configs_->file_changed(text_of_file(path_));
      const auto now = std::chrono::steady_clock::now();
      const std::scoped_lock lock(mutex_);
      if (simulating_ && wanted_.development.simulate == config::Simulate::automatic &&
          now - looked > discovery.interval) {
        looked = now;
        leave_simulation();
      } else if (!simulating_ && discovery.enabled && now - looked > discovery.interval) {
        take_up_new();
        looked = std::chrono::steady_clock::now();
      }
    }
  }

  // Servers that have appeared since join those that are there.
  void take_up_new() {
    const auto found = look_for_new(wanted_, served_);
    if (found.empty()) return;
    say_found(found, style_);
    const auto applied = gateway_->apply(settle(wanted_));
    if (!applied) std::cerr << applied.error().detail << '\n';
  }

  // A real server has appeared: it takes the place of the simulators.
  void leave_simulation() {
    if (!anybody_answers(look_around(wanted_))) return;
    std::cerr << "a server of models answers now: the simulation ends\n";
    const auto applied = gateway_->apply(settle(wanted_));
    if (!applied) std::cerr << applied.error().detail << '\n';
  }

  ServeOptions options_;
  std::string path_;
  Settings loaded_;  // as the file says at the start
  Settings wanted_;  // with the command line's wishes
  Style style_;
  bool simulating_ = false;
  std::vector<std::string> served_;  // URLs of the servers in force
  // Once begun they stay till the end, so that no change of settings cuts an answer of theirs.
  Simulation simulation_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<config::Watch> watch_;
  gateway::ConfigDesk* configs_ = nullptr;  // the gateway's
  std::mutex mutex_;                        // what reloads and the watch for real servers both touch
};

}  // namespace

std::string config_path(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* const path = std::getenv("CODECRUCIBLE_CONFIG"); path != nullptr && *path != '\0')
    return path;
  std::error_code error;
  if (std::filesystem::exists("config/hybrid.yaml", error)) return "config/hybrid.yaml";
  std::string base;
  if (const char* const xdg = std::getenv("XDG_CONFIG_HOME"); xdg != nullptr && *xdg != '\0') {
    base = xdg;
  } else if (const char* const home = std::getenv("HOME"); home != nullptr) {
    base = std::string(home) + "/.config";
  }
  const std::string path = base + "/codecrucible/hybrid.yaml";
  return !base.empty() && std::filesystem::exists(path, error) ? path : std::string();
}

int serve(const ServeOptions& options) {
  const std::string path = config_path(options.config);
  auto loaded = load(options, path);
  say_problems(loaded.problems);
  if (!loaded.settings) return Exit::usage;
  net::raise_descriptor_limit();
  signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // before any thread: only wait_for_end takes them
  Serving serving(options, path, std::move(*loaded.settings));
  return serving.run();
}

}  // namespace codecrucible::cli

#include "house/answer.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "places.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

// `codecrucible serve` as a process of its own; what it says on standard error is read until it serves.
class Served {
 public:
  explicit Served(const std::string& config) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDERR_FILENO);
      setenv("NO_COLOR", "1", 1);
      execl((binary_dir() + "/codecrucible").c_str(), "codecrucible", "serve", "--no-simulate", "--config",
            config.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    ::close(ends[1]);
    said_ = ends[0];
    const std::string mark = "serves on http://127.0.0.1:";
    while (port == 0 && more()) {
      const auto at = text.find(mark);
      if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
        port = static_cast<std::uint16_t>(std::atoi(text.c_str() + at + mark.size()));
      }
    }
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() {
    if (pid_ > 0) stop();
    if (said_ >= 0) ::close(said_);
  }

  // SIGTERM; the exit code.
  int stop() {
    kill(pid_, SIGTERM);
    int status = 0;
    while (more()) {
    }
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::uint16_t port = 0;
  std::string text;

 private:
  bool more() {
    pollfd wait{said_, POLLIN, 0};
    if (poll(&wait, 1, 20'000) <= 0) return false;
    char buffer[4096];
    const auto got = read(said_, buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  pid_t pid_ = -1;
  int said_ = -1;
};

std::string rule_to(const char* target) {
  return std::string("routing:\n  rules:\n    - name: all\n      target: ") + target + "\n";
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("serve: an edited file changes the next route and cuts no stream, a broken one changes nothing") {
  House home;
  const auto directory =
      std::filesystem::temp_directory_path() / ("codecrucible-serve-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  const auto file = directory / "hybrid.yaml";
  write_file(file, home.config_text(rule_to("lmstudio")));
  Served served(file.string());
  REQUIRE_MESSAGE(served.port != 0, served.text);
  const auto route = [&] {
    return ask(served.port, "POST", "/v1/chat/completions",
               question(Dialect::openai_chat, "auto", "where", false))
        .header("x-codecrucible-provider");
  };
  CHECK(route() == "lmstudio");
  Client stream(served.port);
  stream.request("POST", "/v1/chat/completions",
                 question(Dialect::openai_chat, coder, "long [[words:3000]]", true));
  stream.until("Simulated");

  // As editors do: a new file takes the place of the old one.
  write_file(directory / "new.yaml", home.config_text(rule_to("ollama")));
  std::filesystem::rename(directory / "new.yaml", file);
  CHECK(eventually([&] { return route() == "ollama"; }));
  // In place, and broken: nothing changes.
  write_file(
      file,
      home.config_text(
          "routing:\n  rules:\n    - condition: \"complexitty == 'simple'\"\n      target: lmstudio\n"));
  for (int i = 0; i < 50; ++i) {
    short_pause();
    CHECK(route() == "ollama");
  }
  write_file(file, home.config_text(rule_to("lmstudio")));
  CHECK(eventually([&] { return route() == "lmstudio"; }));

  const auto answer = read_stream(Dialect::openai_chat, stream.reply());
  CHECK(answer.broken.empty());
  CHECK(answer.text == simulator::answer_for("long [[words:3000]]", coder));
  CHECK(served.stop() == 0);
  std::filesystem::remove_all(directory);
}

TEST_CASE("serve: a server that appears later is taken up") {
  simulator::Settings later;
  later.models.emplace_back().id = "latecomer";
  later.resident.push_back("latecomer");
  later.time_scale = 0.02;
  auto first = simulator::start(later);
  REQUIRE(first.has_value());
  later.port = (*first)->port();
  first->reset();  // its port is free again
  const auto directory =
      std::filesystem::temp_directory_path() / ("codecrucible-discover-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  const auto file = directory / "hybrid.yaml";
  write_file(file,
             "hybrid:\n  server: {address: 127.0.0.1, port: 0, workers: 1}\n  lmStudio: {enabled: false}\n"
             "  ollama: {enabled: false}\n  stateDirectory: \"" +
                 directory.string() + "\"\n  discovery:\n    interval: 500ms\n    ports: {lmStudio: " +
                 std::to_string(later.port) + ", ollama: 0, llamacpp: 0, vllm: 0}\n");
  Served served(file.string());
  REQUIRE_MESSAGE(served.port != 0, served.text);
  CHECK(ask(served.port, "GET", "/v1/models").body.find("latecomer") == std::string::npos);
  const auto server = simulator::start(later);
  REQUIRE(server.has_value());
  CHECK(eventually(
      [&] { return ask(served.port, "GET", "/v1/models").body.find("latecomer") != std::string::npos; }));
  const auto reply = ask(served.port, "POST", "/v1/chat/completions",
                         question(Dialect::openai_chat, "latecomer", "hello", false));
  CHECK(reply.status == 200);
  CHECK(served.stop() == 0);
  std::filesystem::remove_all(directory);
}

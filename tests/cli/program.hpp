#pragma once

// The program as its users run it: a command to its end, or a gateway until it is told to stop.
#include "places.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace codecrucible::house {

struct Ran {
  int exit = -1;
  std::string out;
};

// Runs the program in a shell; `before` may feed its standard input.
inline Ran run(const std::string& arguments, const std::string& before = {},
               const std::string& errors = "2>/dev/null") {
  const std::string command =
      before + "NO_COLOR=1 '" + binary_dir() + "/codecrucible' " + arguments + " " + errors;
  Ran ran;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return ran;
  char buffer[4096];
  std::size_t got = 0;
  while ((got = fread(buffer, 1, sizeof buffer, pipe)) > 0) ran.out.append(buffer, got);
  const int status = pclose(pipe);
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

// `codecrucible serve` as a process of its own; what it says on standard error is read until it serves.
class Served {
 public:
  explicit Served(const std::string& config, const char* simulate = "--no-simulate") {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDERR_FILENO);
      setenv("NO_COLOR", "1", 1);
      execl((binary_dir() + "/codecrucible").c_str(), "codecrucible", "serve", simulate, "--config",
            config.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    ::close(ends[1]);
    said_ = ends[0];
    const std::string mark = "://127.0.0.1:";
    const std::string before = "serves on http";
    while (port == 0 && more()) {
      const auto said = text.find(before);
      const auto at = said == std::string::npos ? said : text.find(mark, said);
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

  // SIGKILL, as a machine's end would be.
  void kill_now() {
    kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
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

}  // namespace codecrucible::house

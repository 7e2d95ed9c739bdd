#include "cli/program.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <pty.h>

#include <string>
#include <vector>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

// The program on a terminal of its own, as a person has it.
class OnTerminal {
 public:
  OnTerminal(const House& home, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"codecrucible", "--url", "http://127.0.0.1:" + std::to_string(home.port())});
    std::vector<char*> given;
    for (auto& argument : arguments) given.push_back(argument.data());
    given.push_back(nullptr);
    const std::string program = binary_dir() + "/codecrucible";
    pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    execv(program.c_str(), given.data());
    _exit(127);
  }
  ~OnTerminal() {
    close(terminal_);
    if (pid_ > 0) end();
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  void type(const std::string& text) const {
    CHECK(write(terminal_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  // Reads on until `mark` stands behind what was read before; false if it never comes.
  bool shows(const std::string& mark) {
    while (true) {
      const auto at = seen.find(mark, from_);
      if (at != std::string::npos) {
        from_ = at + mark.size();
        return true;
      }
      if (!more()) return false;
    }
  }
  // Reads to the end; the wait status.
  int end() {
    while (more()) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  std::string seen;

 private:
  bool more() {
    pollfd wait{terminal_, POLLIN, 0};
    if (poll(&wait, 1, 20'000) <= 0) return false;
    char buffer[4096];
    const auto got = read(terminal_, buffer, sizeof buffer);
    if (got > 0) seen.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  pid_t pid_ = -1;
  int terminal_ = -1;
  std::size_t from_ = 0;
};

Plan slow() {
  Plan plan;
  plan.time_scale = 1;
  return plan;
}

}  // namespace

TEST_CASE("interrupt: Ctrl-C in the middle of bold text leaves no bold terminal behind") {
  House home(slow());
  std::string text = "**bold";
  for (int i = 0; i < 500; ++i) text += " word";
  OnTerminal person(home, {"-m", coder, "x [[say:" + text + "]]"});
  REQUIRE(person.shows("\x1b[1m"));
  REQUIRE(person.shows("word word"));
  person.type("\x03");
  const int status = person.end();
  CHECK(WIFSIGNALED(status));
  CHECK(person.seen.rfind("\x1b[0m") > person.seen.rfind("word"));
}

TEST_CASE("interrupt: Ctrl-C ends an answer of a conversation, not the conversation") {
  House home(slow());
  OnTerminal person(home, {"chat", "-m", coder});
  REQUIRE(person.shows("> "));
  person.type("first [[words:3000]]\n");
  REQUIRE(person.shows("Simulated answer"));
  person.type("\x03");
  REQUIRE(person.shows("> "));
  person.type("second [[say:and on]]\n");
  REQUIRE(person.shows("and on\x1b[0m"));
  REQUIRE(person.shows("> "));
  const auto bodies = home.lmstudio().bodies();
  REQUIRE(bodies.size() == 2);
  CHECK(bodies.back().find("Simulated answer") != std::string::npos);  // what was said of the first
  person.type("\x04");
  const int status = person.end();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

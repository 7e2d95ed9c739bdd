#include "cli/program.hpp"

#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

std::string url(const House& home) {
  return "--url http://127.0.0.1:" + std::to_string(home.port()) + " ";
}

}  // namespace

TEST_CASE("program: a question is answered on standard output, and nothing else is there") {
  House home;
  const auto ran = run(url(home) + "-m small-coder what is this </dev/null");
  CHECK(ran.exit == 0);
  CHECK(ran.out == simulator::answer_for("what is this", coder) + "\n");
}

TEST_CASE("program: standard input joins the prompt") {
  House home;
  const auto ran = run(url(home) + "-m small-coder review", "printf 'line one\\nline two' | ");
  CHECK(ran.exit == 0);
  CHECK(ran.out == simulator::answer_for("review\n\nline one\nline two", coder) + "\n");
}

TEST_CASE("program: one JSON object for scripts") {
  House home;
  const auto ran = run(url(home) + "--json -m large:34b tell </dev/null");
  CHECK(ran.exit == 0);
  const auto told = nlohmann::json::parse(ran.out, nullptr, false);
  REQUIRE(told.is_object());
  CHECK(told["answer"] == simulator::answer_for("tell", large));
  CHECK(told["provider"] == "ollama");
  CHECK(told["finish_reason"] == "stop");
  CHECK(told["usage"]["completion_tokens"] > 0);
  CHECK(told["overhead_ms"] > 0);
  CHECK(told["overhead_ms"] < 1000 * told["seconds"].get<double>());
}

TEST_CASE("program: fast and quality go to different places") {
  House home;
  const auto fast =
      nlohmann::json::parse(run(url(home) + "--json --fast hello </dev/null").out, nullptr, false);
  const auto quality =
      nlohmann::json::parse(run(url(home) + "--json --quality hello </dev/null").out, nullptr, false);
  CHECK(fast["provider"] == "lmstudio");
  CHECK(quality["provider"] == "ollama");
}

TEST_CASE("program: what fails says why on standard error and exits as scripts expect") {
  House home;
  const auto unknown = run(url(home) + "-m no-such-model hello </dev/null", {}, "2>&1 >/dev/null");
  CHECK(unknown.exit == 1);
  CHECK(unknown.out.find("no-such-model") != std::string::npos);
  const auto broken = run(url(home) + "-m small-coder 'x [[fault:cut:3]]' </dev/null", {}, "2>&1 >/dev/null");
  CHECK(broken.exit == 1);
  CHECK(broken.out.find("error") != std::string::npos);
  CHECK(run("--no-such-option </dev/null").exit == 2);
  CHECK(run(url(home) + "'   ' </dev/null").exit == 2);
  const auto absent = run("--url http://127.0.0.1:9 hello </dev/null", {}, "2>&1");
  CHECK(absent.exit == 3);
  CHECK(absent.out.find("codecrucible serve") != std::string::npos);
}

TEST_CASE("program: explaining a prompt with a file that is not there says so") {
  House home;
  const auto ran = run(url(home) + "explain review -f /no/such/file </dev/null", {}, "2>&1");
  CHECK(ran.exit == 1);
  CHECK(ran.out.find("cannot read /no/such/file") != std::string::npos);
}

TEST_CASE("program: models, status and doctor speak about the same hosts") {
  House home;
  const auto models = run(url(home) + "models </dev/null");
  CHECK(models.exit == 0);
  CHECK(models.out.find("small-coder") != std::string::npos);
  CHECK(models.out.find("large:34b") != std::string::npos);
  const auto status = run(url(home) + "status --json </dev/null");
  CHECK(status.exit == 0);
  CHECK(nlohmann::json::accept(status.out));
  CHECK(status.out.find("lmstudio") != std::string::npos);
  CHECK(run("--version </dev/null").exit == 0);
  CHECK(run("--help </dev/null").out.find("serve") != std::string::npos);
}

TEST_CASE("program: a host is taken out of service and back, and status shows it") {
  House home;
  CHECK(run(url(home) + "fleet drain ollama").out == "ollama: draining\n");
  const auto drained = run(url(home) + "status");
  CHECK(drained.exit == 0);
  CHECK(drained.out.find("draining") != std::string::npos);
  CHECK(drained.out.find("this machine") != std::string::npos);
  CHECK(drained.out.find("small-coder") != std::string::npos);
  CHECK(run(url(home) + "fleet resume ollama").exit == 0);
  CHECK(run(url(home) + "status").out.find("draining") == std::string::npos);
  CHECK(run(url(home) + "fleet reset-breaker ollama large:34b").out == "ollama: reset\n");
  CHECK(run(url(home) + "fleet drain nobody").exit == 1);
  CHECK(run(url(home) + "fleet").exit == 2);
}

TEST_CASE("program: a mistyped command is not sent as a question") {
  House home;
  const auto ran = run(url(home) + "modles", {}, "2>&1 </dev/null");
  CHECK(ran.exit == 2);
  CHECK(ran.out.find("did you mean 'models'?") != std::string::npos);
  const auto meant = run(url(home) + "-m small-coder modles", {}, "2>&1 </dev/null");
  CHECK(meant.exit == 0);
  CHECK(run(url(home) + "why </dev/null").exit == 0);
}

TEST_CASE("program: where the gateway is may stand behind the command") {
  House home;
  const auto there = "--url http://127.0.0.1:" + std::to_string(home.port());
  CHECK(run("models " + there).out.find("small-coder") != std::string::npos);
  CHECK(run("fleet drain ollama " + there).out == "ollama: draining\n");
  CHECK(run("explain hello " + there + " </dev/null").exit == 0);
}

TEST_CASE("program: what cannot be attached is said, not left out") {
  House home;
  const auto directory = run(url(home) + "-f /tmp look </dev/null", {}, "2>&1");
  CHECK(directory.exit == 1);
  CHECK(directory.out.find("/tmp is a directory") != std::string::npos);
  const auto giant =
      run(url(home) + "-m small-coder look", "head -c 9000000 /dev/zero | tr '\\0' 'a' | ", "2>&1");
  CHECK(giant.exit == 1);
  CHECK(giant.out.find("longer than 8 MiB") != std::string::npos);
}

TEST_CASE("program: what is piped in counts for an explanation as it does for the question") {
  House home;
  const auto ran = run(url(home) + "explain --json review", "printf 'a b c d e f g h' | ");
  CHECK(ran.exit == 0);
  const auto alone = run(url(home) + "explain --json review </dev/null");
  CHECK(alone.exit == 0);
  const auto length = [](const Ran& each) {
    const auto at = each.out.find("promptLength");
    return at == std::string::npos ? std::string() : each.out.substr(at, 40);
  };
  CHECK(!length(alone).empty());
  CHECK(length(ran) != length(alone));
  CHECK(run(url(home) + "explain </dev/null").exit == 2);
}

TEST_CASE("program: a conversation takes files into its first turn, and tells JSON when asked to") {
  House home;
  const auto file =
      std::filesystem::temp_directory_path() / ("codecrucible-chat-" + std::to_string(getpid()));
  std::ofstream(file) << "the file's text";
  const auto ran = run(url(home) + "chat -m small-coder -f " + file.string() + " look", "printf 'and\\n' | ");
  CHECK(ran.exit == 0);
  const auto bodies = home.lmstudio().bodies();
  REQUIRE(bodies.size() == 2);
  CHECK(bodies.front().find("the file's text") != std::string::npos);
  const auto told = nlohmann::json::parse(run(url(home) + "chat --json -m small-coder hello </dev/null").out,
                                          nullptr, false);
  REQUIRE(told.is_object());
  CHECK(told["answer"] == simulator::answer_for("hello", coder));
  std::filesystem::remove(file);
}

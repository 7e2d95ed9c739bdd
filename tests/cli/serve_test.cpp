#include "cli/program.hpp"
#include "house/answer.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

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

TEST_CASE("serve: an edited file cuts no answer of the built-in simulators") {
  const auto directory =
      std::filesystem::temp_directory_path() / ("codecrucible-simulated-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  const auto file = directory / "hybrid.yaml";
  const auto config = [&](const char* target) {
    return "hybrid:\n  server: {address: 127.0.0.1, port: 0, workers: 1}\n  discovery: {enabled: false}\n"
           "  routing: {rules: [{name: all, target: " +
           std::string(target) + "}]}\n  stateDirectory: \"" + directory.string() + "\"\n";
  };
  write_file(file, config("lmstudio"));
  Served served(file.string(), "--simulate");
  REQUIRE_MESSAGE(served.port != 0, served.text);
  Client stream(served.port);
  stream.request("POST", "/v1/chat/completions",
                 question(Dialect::openai_chat, "codellama-13b-instruct", "long [[words:100]]", true));
  stream.until("Simulated");
  write_file(file, config("ollama"));
  CHECK(eventually([&] {
    return ask(served.port, "POST", "/v1/chat/completions",
               question(Dialect::openai_chat, "auto", "where [[words:1]]", false))
        .header("x-codecrucible-provider")
        .starts_with("ollama");
  }));
  const auto answer = read_stream(Dialect::openai_chat, stream.reply());
  CHECK_MESSAGE(answer.broken.empty(), answer.broken);
  CHECK(answer.text == simulator::answer_for("long [[words:100]]", "codellama-13b-instruct"));
  write_file(directory / "other.yaml", config("ollama") + "  logging: {format: json}\n");
  const auto applied = run("config apply " + (directory / "other.yaml").string() +
                           " --url http://127.0.0.1:" + std::to_string(served.port));
  CHECK_MESSAGE(applied.out.find("-> json (after a restart)") != std::string::npos, applied.out);
  CHECK(served.stop() == 0);
  std::filesystem::remove_all(directory);
}

TEST_CASE("serve: a door open to all without keys is refused, and `config check` says so before") {
  const auto file =
      std::filesystem::temp_directory_path() / ("codecrucible-open-" + std::to_string(getpid()) + ".yaml");
  const auto config = [](const std::string& security) {
    return "hybrid:\n  server: {address: 0.0.0.0, port: 0}\n" + security;
  };
  write_file(file, config(""));
  for (const std::string command : {"config check ", "serve --simulate --config "}) {
    CAPTURE(command);
    const auto said = run(command + "'" + file.string() + "'", {}, "2>&1");
    CHECK(said.exit == 1);
    CHECK_MESSAGE(said.out.find("security.openToNetwork: true") != std::string::npos, said.out);
  }
  write_file(file, config("  security: {keys: [{name: me, key: secret}]}\n"));
  CHECK(run("config check '" + file.string() + "'").exit == 0);
  std::filesystem::remove(file);
}

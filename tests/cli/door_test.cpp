// The program behind TLS and keys: it can be asked, its certificate renewed, and it keeps secrets to itself.
#include "cli/program.hpp"
#include "house/answer.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "identity.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

// A folder for the files of one test.
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("codecrucible-door-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string file(const char* name) const { return (path / name).string(); }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("program: a gateway behind TLS is asked by https, and takes up a renewed certificate") {
  House home;
  const Folder folder;
  const Identity first("localhost");
  const Identity second("localhost");
  write(folder.file("cert.pem"), text_of(first.path()));
  write(folder.file("key.pem"), text_of(first.key_path()));
  write(folder.file("hybrid.yaml"), replaced(home.config_text(""), "server:\n",
                                             "server:\n    tls: {certificate: \"" + folder.file("cert.pem") +
                                                 "\", key: \"" + folder.file("key.pem") + "\"}\n"));
  Served served(folder.file("hybrid.yaml"));
  REQUIRE_MESSAGE(served.port != 0, served.text);
  CHECK(served.text.find("https://127.0.0.1:") != std::string::npos);
  const auto asked = [&](const Identity& trusted, const char* host) {
    return run("--url https://" + std::string(host) + ":" + std::to_string(served.port) +
                   " -m small-coder what is this </dev/null",
               "CODECRUCIBLE_CA='" + trusted.path() + "' ");
  };
  for (const char* const host : {"127.0.0.1", "localhost"}) {
    const auto ran = asked(first, host);
    CHECK(ran.exit == 0);
    CHECK(ran.out == simulator::answer_for("what is this", coder) + "\n");
  }
  CHECK(asked(second, "localhost").exit != 0);
  const auto plain = ask(served.port, "GET", "/v1/models");
  CHECK(plain.status == 400);
  CHECK(plain.body.find("https://") != std::string::npos);

  write(folder.file("cert.new"), text_of(second.path()));
  write(folder.file("key.new"), text_of(second.key_path()));
  std::filesystem::rename(folder.file("cert.new"), folder.file("cert.pem"));
  std::filesystem::rename(folder.file("key.new"), folder.file("key.pem"));
  CHECK(eventually([&] { return asked(second, "localhost").exit == 0; }));
  CHECK(served.stop() == 0);
}

TEST_CASE("program: no key, and no part of a prompt, is in anything that it says of itself") {
  House home;
  const Folder folder;
  auto text = home.config_text(
      "security:\n  adminKey: admin-secret\n  keys:\n    - {name: red, key: red-secret}\n    - {name: slow, "
      "key: "
      "slow-secret, requestsPerMinute: 1}\n");
  text = replaced(text, "level: \"off\"", "level: trace");
  text = replaced(text, "access: false", "access: true");
  const auto at = text.find("file: \"");
  REQUIRE(at != std::string::npos);
  text.replace(at, text.find('\n', at) - at, "file: \"" + folder.file("log") + "\"");
  write(folder.file("hybrid.yaml"), text);
  Served served(folder.file("hybrid.yaml"));
  REQUIRE_MESSAGE(served.port != 0, served.text);
  std::string said;
  for (const char* const key : {"red-secret", "slow-secret", "slow-secret", "wrong-secret", "admin-secret"}) {
    for (const char* const name : {"Authorization", "x-api-key"}) {
      const std::string value = name[0] == 'A' ? std::string("Bearer ") + key : key;
      for (const char* const path : {"/v1/chat/completions", "/v1/messages", "/api/chat"}) {
        const auto reply = ask(
            served.port, "POST", path,
            R"({"model":"small-coder","max_tokens":9,"messages":[{"role":"user","content":"prompt-secret [[say:fine]]"}]})",
            {{name, value}});
        CHECK(reply.status != 0);
        said += reply.head + reply.body;
      }
    }
  }
  CHECK(ask(served.port, "POST", "/v1/chat/completions", R"({"prompt-secret)", {{"x-api-key", "red-secret"}})
            .status == 400);
  said += ask(served.port, "GET", "/metrics").body;
  const Headers admin{{"Authorization", "Bearer admin-secret"}};
  for (const char* const page : {"/admin/fleet", "/admin/config/status", "/admin/config/history"}) {
    const auto reply = ask(served.port, "GET", page, {}, admin);
    CHECK(reply.status == 200);
    said += reply.body;
  }
  CHECK(served.stop() == 0);
  const std::string log = text_of(folder.file("log"));
  CHECK(log.find("/v1/chat/completions") != std::string::npos);
  CHECK(served.text.find("serves on") != std::string::npos);
  for (const std::string* const all : std::initializer_list<const std::string*>{&said, &log, &served.text}) {
    const auto found = all->find("-secret");
    CHECK_MESSAGE(found == std::string::npos, all->substr(found < 200 ? 0 : found - 200, 400));
    CHECK(all->find("house-key") == std::string::npos);
  }
}

TEST_CASE("program: what a key has used of its day is known after a restart, also after a sudden end") {
  House home;
  const Folder folder;
  write(folder.file("hybrid.yaml"),
        replaced(home.config_text(
                     "security:\n  keys: [{name: red, key: red-key, tokensPerDay: 5}, {name: blue, key: "
                     "blue-key, tokensPerDay: 1000000}]\n"),
                 "stateDirectory: \"", "stateDirectory: \"" + folder.file("state")));
  const auto asked = [](std::uint16_t port, const char* key) {
    return ask(port, "POST", "/v1/chat/completions", question(Dialect::openai_chat, coder, "hello", false),
               {{"x-api-key", key}})
        .status;
  };
  for (const bool sudden : {false, true}) {
    CAPTURE(sudden);
    std::filesystem::remove_all(folder.path / "state");
    {
      Served served(folder.file("hybrid.yaml"));
      REQUIRE_MESSAGE(served.port != 0, served.text);
      CHECK(asked(served.port, "red-key") == 200);
      CHECK(eventually([&] { return asked(served.port, "red-key") == 429; }));
      CHECK(asked(served.port, "blue-key") == 200);
      if (sudden) {
        // It is written now and then, not at the end alone.
        std::string kept;
        CHECK(eventually([&] {
          for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path))
            if (entry.path().filename() == "spent.json") kept = text_of(entry.path().string());
          return kept.find("\"red\"") != std::string::npos;
        }));
        served.kill_now();
      } else {
        CHECK(served.stop() == 0);
      }
    }
    Served again(folder.file("hybrid.yaml"));
    REQUIRE_MESSAGE(again.port != 0, again.text);
    CHECK(asked(again.port, "red-key") == 429);
    CHECK(asked(again.port, "blue-key") == 200);
    CHECK(again.stop() == 0);
  }
}

#include "cli/program.hpp"
#include "house/client.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

Ran run_with_key(const std::string& arguments) {
  return house::run(arguments, "CODECRUCIBLE_API_KEY=the-key ", "2>&1 </dev/null");
}

const std::string key = "security:\n  adminKey: the-key\n";

Plan with_key() {
  Plan plan;
  plan.more = key;
  return plan;
}

// The house's configuration as a file, which also says where its history is.
struct ConfigFile {
  explicit ConfigFile(const House& home, const std::string& more = {})
      : path(std::filesystem::temp_directory_path() /
             ("codecrucible-history-cli-" + std::to_string(getpid()) + ".yaml")) {
    std::ofstream(path) << home.config_text(more);
  }
  ~ConfigFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  std::string option() const { return " --config '" + path.string() + "'"; }
  std::filesystem::path path;
};

std::string chat(const House& home, const std::string& id, const std::string& prompt) {
  const nlohmann::json body = {{"model", "auto"}, {"messages", {{{"role", "user"}, {"content", prompt}}}}};
  const auto reply = ask(home.port(), "POST", "/v1/chat/completions", body.dump(), {{"x-request-id", id}});
  CHECK(reply.status == 200);
  CHECK(eventually([&] {
    return ask(home.port(), "GET", "/admin/history/" + id, {}, {{"authorization", "Bearer the-key"}})
               .status == 200;
  }));
  return id;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("history command: a table for people, lines for programs, with and without a gateway") {
  House home(with_key());
  const ConfigFile config(home);
  CHECK(run_with_key("history" + config.option()).out.find("there is no history yet") != std::string::npos);
  chat(home, "req-one", "fix the crash in this function");
  chat(home, "req-two", "write a plan for moving to a new database");
  const auto check = [&] {
    const auto table = run_with_key("history" + config.option());
    CHECK(table.exit == 0);
    CHECK(lines(table.out) == 3);
    CHECK(table.out.find("req-one") != std::string::npos);
    CHECK(table.out.find("outcome") != std::string::npos);
    const auto rows = run_with_key("history --json --oldest" + config.option());
    REQUIRE(lines(rows.out) == 2);
    const auto first = nlohmann::json::parse(rows.out.substr(0, rows.out.find('\n')));
    CHECK(first["id"] == "req-one");
    CHECK(lines(run_with_key("history --csv" + config.option()).out) == 3);
    CHECK(lines(run_with_key("history --limit 1" + config.option()).out) == 2);
    const auto shown = run_with_key("history" + config.option() + " show last");
    CHECK(shown.exit == 0);
    CHECK(shown.out.find("request req-two") != std::string::npos);
    CHECK(shown.out.find("propensity") != std::string::npos);
    CHECK(run_with_key("history" + config.option() + " show req-three").exit == 1);
  };
  check();
  home.stop();
  check();
}

TEST_CASE("history command: arguments that make no sense are explained") {
  for (const char* const wrong :
       {"--since yesterday", "--task cooking", "--limit 0", "--outcome sad", "--json --csv"}) {
    CAPTURE(wrong);
    const auto ran = run_with_key(std::string("history ") + wrong);
    CHECK(ran.exit == 2);
    CHECK(!ran.out.empty());
  }
  CHECK(run_with_key("feedback req-one splendid").exit == 2);
  CHECK(run_with_key("feedback req-one 1.5").exit == 2);
}

TEST_CASE("feedback command: through the gateway, and into the ledger without one") {
  House home(with_key());
  const ConfigFile config(home);
  const std::string url = "--url http://127.0.0.1:" + std::to_string(home.port()) + " ";
  chat(home, "req-one", "say hello");
  CHECK(run_with_key(url + "feedback last good --comment 'as hoped'").exit == 0);
  CHECK(run_with_key(url + "feedback req-none bad").exit == 1);
  home.stop();
  CHECK(run_with_key(url + "feedback req-one bad" + config.option()).exit == 0);
  const auto record = nlohmann::json::parse(
      run_with_key("history" + config.option() + " show --json req-one").out, nullptr, false);
  REQUIRE(record["signals"].size() == 2);
  CHECK(record["signals"][0]["comment"] == "as hoped");
  CHECK(record["signals"][1]["value"] == 0.0);
  CHECK(record["reward"] == 0.5);
}

TEST_CASE("config simulate: a rule that sends all elsewhere is told with its consequences") {
  House home(with_key());
  const std::string all =
      "routing:\n  rules:\n    - name: all\n      always: true\n      condition: \"true\"\n      target: ";
  REQUIRE(home.apply(key + all + "lmstudio\n").has_value());
  chat(home, "req-one", "say hello");
  chat(home, "req-two", "say goodbye");
  const ConfigFile config(home, all + "ollama\n");
  const auto ran = run_with_key("config simulate '" + config.path.string() + "' --json");
  REQUIRE_MESSAGE(ran.exit == 0, ran.out);
  const auto sums = nlohmann::json::parse(ran.out, nullptr, false);
  REQUIRE_MESSAGE(sums.is_object(), ran.out);
  CHECK(sums["decided"] == 2);
  CHECK(sums["elsewhere"] == 2);
  CHECK(sums["rules"]["all"] == 2);
  CHECK(sums["shifts"][0]["to"].get<std::string>().find("@ ollama") != std::string::npos);
  const auto text = run_with_key("config simulate '" + config.path.string() + "'");
  CHECK(text.out.find("2 go elsewhere") != std::string::npos);
  const auto file = config.path.string() + ".jsonl";
  std::ofstream(file) << run_with_key("history --json" + config.option()).out;
  CHECK(run_with_key("config simulate '" + config.path.string() + "' --jsonl " + file)
            .out.find("2 go elsewhere") != std::string::npos);
  std::filesystem::remove(file);
}

TEST_CASE("history command: a gateway that is named is asked, wherever its ledger is") {
  House home(with_key());
  const std::string url = "--url http://127.0.0.1:" + std::to_string(home.port()) + " ";
  chat(home, "req-one", "fix the crash in this function");
  chat(home, "req-two", "write a plan for moving to a new database");
  CHECK(run_with_key(url + "feedback req-two good --comment 'as hoped'").exit == 0);
  const auto table = run_with_key(url + "history");
  CHECK(table.exit == 0);
  CHECK(lines(table.out) == 3);
  CHECK(table.out.find("req-two") != std::string::npos);
  const auto rows = run_with_key(url + "history --json --oldest");
  REQUIRE(lines(rows.out) == 2);
  CHECK(nlohmann::json::parse(rows.out.substr(0, rows.out.find('\n')))["id"] == "req-one");
  const auto shown = run_with_key(url + "history show last");
  CHECK(shown.exit == 0);
  CHECK(shown.out.find("request req-two") != std::string::npos);
  CHECK(shown.out.find("as hoped") != std::string::npos);
  CHECK(run_with_key(url + "history --task debugging --csv").out.find("req-two") == std::string::npos);
  CHECK(run_with_key(url + "history show req-three").exit == 1);
  home.stop();
  const auto gone = run_with_key(url + "history");
  CHECK(gone.exit == 1);
  CHECK(gone.out.find("127.0.0.1") != std::string::npos);
}

TEST_CASE("train: labelled prompts of the history make a model that is offered if it is better") {
  Plan plan = with_key();
  plan.time_scale = 0;
  plan.more = key + "history:\n  storeContent: full\n";
  House home(plan);
  const ConfigFile config(home, plan.more);
  // Words that nobody can know the meaning of.
  const auto teach = [&](int begin, int end, bool right) {
    for (int i = begin; i < end; ++i) {
      const bool first = i % 2 == 0;
      const std::string number = std::to_string(i);
      std::string prompt = first ? "zorble the quuxes" : "frobnicate that gnarl";
      for (int word = 0; word < 6; ++word) prompt += " item" + std::to_string(i * 6 + word);
      const nlohmann::json body = {
          {"model", coder}, {"max_tokens", 1}, {"messages", {{{"role", "user"}, {"content", prompt}}}}};
      const auto reply = ask(home.port(), "POST", "/v1/chat/completions", body.dump());
      REQUIRE(reply.status == 200);
      const bool planning = first == right;
      const nlohmann::json word = {{"request_id", reply.header("x-request-id")},
                                   {"score", 1},
                                   {"label", planning ? "planning/medium" : "debugging/medium"}};
      CHECK(eventually([&] { return ask(home.port(), "POST", "/v1/feedback", word.dump()).status == 200; }));
    }
  };
  const std::string out = config.path.string() + ".model";
  const std::string train = "train --from-history --data '" + source_dir() +
                            "/data/training/part-02.jsonl' --out '" + out + "'" + config.option();
  teach(0, 10, true);
  const auto few = run_with_key(train);
  CHECK(few.exit == 1);
  CHECK(few.out.find("have to be held back") != std::string::npos);
  teach(10, 160, true);
  const auto better = run_with_key(train);
  CHECK_MESSAGE(better.exit == 0, better.out);
  CHECK_MESSAGE(better.out.find("Better: written") != std::string::npos, better.out);
  CHECK(std::filesystem::file_size(out) > 1000);
  std::filesystem::remove(out);
}

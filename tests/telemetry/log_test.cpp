#include "telemetry/log.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

using namespace codecrucible::telemetry;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Page {
  fs::path folder;
  LogSettings settings;
  explicit Page(LogFormat format) {
    std::string name = (fs::temp_directory_path() / "codecrucible-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    settings.file = (folder / "log").string();
    settings.format = format;
  }
  ~Page() {
    std::error_code error;
    fs::remove_all(folder, error);
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  std::vector<std::string> lines() const {
    std::ifstream file(settings.file);
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) out.push_back(line);
    return out;
  }
};

AccessLine request() {
  AccessLine line;
  line.request_id = "req-1";
  line.method = "POST";
  line.path = "/v1/chat/completions";
  line.status = 200;
  line.surface = "openai-chat";
  line.provider = "lmstudio";
  line.model = "qwen2.5-coder-7b";
  line.task = "template";
  line.rule = "Templates are fast";
  line.duration = std::chrono::microseconds{412'345};
  line.first_token = std::chrono::milliseconds{95};
  line.prompt_tokens = 120;
  line.completion_tokens = 340;
  return line;
}

}  // namespace

TEST_CASE("log: JSON lines are JSON whatever is in them") {
  Page page(LogFormat::json);
  const auto log = make_log(page.settings);
  const std::string nasty = std::string("a\"b\\c\nd\x01 \xff \xc3\xa4 ") + std::string(1, '\0');
  log->info("hello", {{"text", std::string_view(nasty)}, {"n", std::int64_t{-5}}, {"x", 0.5}, {"b", true}});
  AccessLine line = request();
  line.path = nasty;
  line.cause = "timeout";
  log->access(line);
  log->flush();
  const auto lines = page.lines();
  REQUIRE(lines.size() == 2);
  const json first = json::parse(lines[0]);
  CHECK(first["message"] == "hello");
  CHECK(first["level"] == "info");
  CHECK(first["n"] == -5);
  CHECK(first["b"] == true);
  CHECK(first["text"].get<std::string>().find("\xc3\xa4") != std::string::npos);
  const json second = json::parse(lines[1]);
  CHECK(second["ttft_ms"] == 95.0);
  CHECK(second["ms"] == 412.35);
  CHECK(second["completion_tokens"] == 340);
  CHECK(second["cause"] == "timeout");
  CHECK(second["request_id"] == "req-1");
}

TEST_CASE("log: pretty lines are one line each, without colours in a file") {
  Page page(LogFormat::pretty);
  const auto log = make_log(page.settings);
  log->access(request());
  AccessLine forged = request();
  forged.path = "/x\n2026-01-01 00:00:00.000 info    forged";
  log->access(forged);
  log->flush();
  const auto lines = page.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("info    POST /v1/chat/completions 200 surface=openai-chat provider=lmstudio "
                      "model=qwen2.5-coder-7b task=template rule=\"Templates are fast\" ms=412.35 ttft_ms=95 "
                      "prompt_tokens=120 completion_tokens=340 request_id=req-1") != std::string::npos);
  CHECK(lines[0].find('\x1b') == std::string::npos);
  CHECK(lines[1].find("\\u000a") != std::string::npos);
}

TEST_CASE("log: the level changes while it runs") {
  Page page(LogFormat::json);
  page.settings.level = Level::warn;
  const auto log = make_log(page.settings);
  CHECK_FALSE(log->enabled(Level::info));
  log->info("not seen");
  log->access(request());
  log->set_level(Level::debug);
  log->debug("seen");
  log->access(request());
  log->set_access(false);
  log->access(request());
  log->set_level(Level::off);
  log->error("not seen");
  CHECK_FALSE(log->enabled(Level::off));
  log->flush();
  CHECK(page.lines().size() == 2);
}

TEST_CASE("log: a file that cannot be opened does not stop anything") {
  LogSettings settings;
  settings.file = "/proc/nowhere/log";
  settings.level = Level::off;
  const auto log = make_log(settings);
  log->error("still here");
  log->flush();
}

TEST_CASE("log: many threads write, none waits, nothing is lost uncounted") {
  Page page(LogFormat::json);
  page.settings.queue = 64;
  const auto log = make_log(page.settings);
  constexpr std::size_t each = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < each; ++i) log->access(request());
    });
  for (auto& thread : threads) thread.join();
  log->flush();
  // A dropped line is counted; a dropped request to flush may be as well.
  const std::size_t out = page.lines().size();
  CHECK(out > 0);
  CHECK(out + log->dropped() >= 4 * each);
  CHECK(out <= 4 * each);
}

TEST_CASE("log: a slow request is a warning, also where requests have no lines") {
  Page page(LogFormat::json);
  const auto log = make_log(page.settings);
  log->set_access(false);
  AccessLine line = request();
  log->access(line);
  line.slow = true;
  log->access(line);
  log->flush();
  const auto lines = page.lines();
  REQUIRE(lines.size() == 1);
  CHECK(json::parse(lines[0])["level"] == "warning");
}

TEST_CASE("log: a file that is cut short from outside begins anew") {
  Page page(LogFormat::json);
  const auto log = make_log(page.settings);
  log->info("before");
  log->flush();
  fs::resize_file(page.settings.file, 0);
  log->info("after");
  log->flush();
  const auto lines = page.lines();
  REQUIRE(lines.size() == 1);
  CHECK(json::parse(lines[0])["message"] == "after");
}

TEST_CASE("log: lines wait in their order, and what is put last is written before the log ends") {
  Page page(LogFormat::json);
  {
    const auto log = make_log(page.settings);
    for (std::int64_t i = 0; i < 1000; ++i) log->info("line", {{"n", i}});
  }
  const auto lines = page.lines();
  REQUIRE(lines.size() == 1000);
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(json::parse(lines[i])["n"] == i);
}

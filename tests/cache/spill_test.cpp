#include "cache/spill.hpp"

#include "cache/exact.hpp"
#include "made.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

using namespace codecrucible;
using namespace codecrucible::cache;
using cache::tests::answer;
using cache::tests::key;

namespace {

// A file in a directory of its own, removed at the end.
struct File {
  File() {
    std::string pattern = (std::filesystem::temp_directory_path() / "codecrucible-cache-XXXXXX").string();
    directory = mkdtemp(pattern.data());
    path = directory + "/cache.db";
  }
  ~File() { std::filesystem::remove_all(directory); }
  std::string directory, path;
};

std::unique_ptr<Spill> opened(const std::string& path) {
  auto spill = open_spill(path);
  REQUIRE(spill.has_value());
  return std::move(*spill);
}

std::map<std::uint64_t, AnswerPtr> remembered(const std::string& path) {
  std::map<std::uint64_t, AnswerPtr> out;
  opened(path)->remembered([&](const Key& found, AnswerPtr held) { out[found.low] = std::move(held); });
  return out;
}

}  // namespace

TEST_CASE("spill: what is kept is there after a restart, as it was") {
  const File file;
  auto made = std::make_shared<Answer>(*answer(100, "red", "model"));
  made->origin.headers = "x-codecrucible-model: model\r\n";
  made->origin.concrete = true;
  made->usage.completion_tokens = 42;
  {
    const auto spill = opened(file.path);
    spill->keep(key(1), made);
    spill->keep(key(2), answer(10));
    spill->drop({key(2)});
  }
  const auto found = remembered(file.path);
  REQUIRE(found.size() == 1);
  const auto& held = *found.begin()->second;
  CHECK(held.events == made->events);
  CHECK(held.origin.tenant == "red");
  CHECK(held.origin.headers == made->origin.headers);
  CHECK(held.origin.concrete);
  CHECK(held.usage.completion_tokens == 42);
  CHECK(held.made == made->made);
  CHECK(held.ttl == made->ttl);
}

TEST_CASE("spill: a cache finds its answers again, but not those that are too old or cleared") {
  const File file;
  ExactSettings settings;
  {
    Exact cache(settings);
    cache.attach(opened(file.path));
    cache.keep(key(1), answer(10, "red"));
    cache.keep(key(2), answer(10, "blue"));
    auto old = std::make_shared<Answer>(*answer(10));
    old->made -= std::chrono::hours(2);
    cache.keep(key(3), old);
    cache.clear({"red", ""});
  }
  Exact cache(settings);
  cache.attach(opened(file.path));
  CHECK(cache.holdings().answers == 1);
  CHECK(cache.look_up(key(2), {}, std::chrono::system_clock::now()).answer);
}

TEST_CASE("spill: a process killed while it writes leaves a file that opens clean") {
  const File file;
  int told[2];
  REQUIRE(pipe(told) == 0);
  const pid_t child = fork();
  if (child == 0) {
    auto spill = open_spill(file.path);
    if (!spill) _exit(1);
    for (std::uint64_t i = 0;; ++i) {
      (*spill)->keep(key(i), answer(2000));
      if (i % 100 != 99) continue;
      (*spill)->flush();
      if (write(told[1], &i, sizeof i) != sizeof i) _exit(1);
    }
  }
  std::uint64_t last = 0;
  while (last < 1000) REQUIRE(read(told[0], &last, sizeof last) == sizeof last);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  close(told[0]);
  close(told[1]);
  const auto found = remembered(file.path);
  CHECK(found.size() > last);
  for (std::uint64_t i = 0; i <= last; ++i) REQUIRE(found.contains(key(i).low));
  CHECK(!std::filesystem::exists(file.path + ".damaged"));
}

TEST_CASE("spill: a file that is no database is moved aside, a damaged answer is not told") {
  const File file;
  std::ofstream(file.path)
      << "this is no database at all, and it is long enough to be read as a header of one....";
  {
    opened(file.path)->keep(key(1), answer(5000));
  }
  CHECK(std::filesystem::exists(file.path + ".damaged"));
  CHECK(remembered(file.path).size() == 1);
  // One byte of the text changes on the disk.
  std::string bytes;
  {
    std::ifstream in(file.path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto at = bytes.find("xxxxxxxx");
  REQUIRE(at != std::string::npos);
  bytes[at + 3] = 'y';
  std::ofstream(file.path, std::ios::binary) << bytes;
  CHECK(remembered(file.path).empty());
}

#include "config/watch.hpp"

#include "config/versions.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <vector>

using namespace codecrucible;
namespace fs = std::filesystem;

namespace {

// A directory that is gone with the test.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "codecrucible-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// What the watch told so far.
class Told {
 public:
  std::function<void(std::string)> listener() {
    return [this](std::string text) {
      const std::scoped_lock lock(mutex_);
      texts_.push_back(std::move(text));
      more_.notify_all();
    };
  }
  // Waits until the last text is this one; false only if that never happens.
  bool last_is(const std::string& text) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, std::chrono::seconds{20},
                          [&] { return !texts_.empty() && texts_.back() == text; });
  }
  std::vector<std::string> all() {
    const std::scoped_lock lock(mutex_);
    return texts_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::string> texts_;
};

std::unique_ptr<config::Watch> watching(const fs::path& path, const std::string& now, Told& told) {
  std::string trouble;
  config::WatchSettings settings;
  settings.path = path.string();
  settings.settle = std::chrono::milliseconds{20};
  auto made = config::watch(settings, now, told.listener(), trouble);
  REQUIRE_MESSAGE(made, trouble);
  return made;
}

}  // namespace

TEST_CASE("config watch: edits in place and by rename are told") {
  Folder folder;
  const fs::path file = folder.path / "hybrid.yaml";
  write(file, "one");
  Told told;
  const auto watch = watching(file, "one", told);
  write(file, "two");
  CHECK(told.last_is("two"));
  write(folder.path / "new", "three");
  fs::rename(folder.path / "new", file);
  CHECK(told.last_is("three"));
  // The new inode is watched too.
  write(file, "four");
  CHECK(told.last_is("four"));
  fs::remove(file);
  write(file, "five");
  CHECK(told.last_is("five"));
  // Other files in the directory and writing the same text say nothing.
  const std::size_t before = told.all().size();
  write(folder.path / "other", "x");
  write(file, "five");
  write(file, "six");
  CHECK(told.last_is("six"));
  for (std::size_t i = before; i < told.all().size(); ++i) CHECK(told.all()[i] != "five");
}

TEST_CASE("config watch: links turned elsewhere are told") {
  Folder folder;
  // As Kubernetes mounts a config: file -> ..data/file, ..data -> a directory per version.
  for (const std::string version : {"v1", "v2", "v3"}) {
    fs::create_directory(folder.path / version);
    write(folder.path / version / "hybrid.yaml", version);
  }
  fs::create_directory_symlink("v1", folder.path / "..data");
  fs::create_symlink("..data/hybrid.yaml", folder.path / "hybrid.yaml");
  Told told;
  const auto watch = watching(folder.path / "hybrid.yaml", "v1", told);
  for (const std::string version : {"v2", "v3"}) {
    fs::create_directory_symlink(version, folder.path / "..tmp");
    fs::rename(folder.path / "..tmp", folder.path / "..data");
    CHECK(told.last_is(version));
  }
  write(folder.path / "v3" / "hybrid.yaml", "in place behind the link");
  CHECK(told.last_is("in place behind the link"));
}

TEST_CASE("config watch: a change between loading and watching is told, and a missing file may come later") {
  Folder folder;
  const fs::path file = folder.path / "hybrid.yaml";
  {
    Told told;
    write(file, "newer");
    const auto watch = watching(file, "older", told);
    CHECK(told.last_is("newer"));
  }
  fs::remove(file);
  Told told;
  const auto watch = watching(file, "", told);
  write(file, "came");
  CHECK(told.last_is("came"));
}

TEST_CASE("config versions: kept, listed, read and pruned, also after a restart") {
  Folder folder;
  {
    const auto versions = config::versions_in(folder.path.string(), 3);
    CHECK(versions->list().empty());
    CHECK(*versions->keep("a", {.unix_ms = 5, .origin = "file", .summary = "first"}) == 1);
    CHECK(*versions->keep("a", {.origin = "file"}) == 1);  // the same again is no new version
    CHECK(*versions->keep("b", {.origin = "apply"}) == 2);
  }
  {
    const auto versions = config::versions_in(folder.path.string(), 3);
    REQUIRE(versions->list().size() == 2);
    CHECK(versions->list()[1].summary == "first");
    CHECK(versions->list()[1].unix_ms == 5);
    CHECK(versions->text(1) == "a");
    CHECK(*versions->keep("c", {.origin = "rollback of 1"}) == 3);
    CHECK(*versions->keep("d", {}) == 4);
    CHECK(versions->list().size() == 3);
    CHECK_FALSE(versions->text(1));
    CHECK_FALSE(versions->text(99));
    versions->prune(1);
    CHECK(versions->list()[0].number == 4);
  }
  // A broken index costs the remarks, not the versions.
  write(folder.path / "config-history" / "index.json",
        "{\"versions\": [3, {\"number\": \"x\"}], \"next\": -4");
  const auto versions = config::versions_in(folder.path.string(), 3);
  REQUIRE(versions->list().size() == 1);
  CHECK(versions->text(4) == "d");
  CHECK(*versions->keep("e", {}) == 5);
  CHECK((fs::status(folder.path / "config-history" / "0005.yaml").permissions() & fs::perms::others_all) ==
        fs::perms::none);
}

TEST_CASE("config versions: a directory that cannot be written is a failure with its name") {
  const auto versions = config::versions_in("/proc/nowhere", 3);
  const auto kept = versions->keep("a", {});
  REQUIRE(kept.has_error());
  CHECK(kept.error().detail.find("/proc/nowhere") != std::string::npos);
}

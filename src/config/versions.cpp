#include "config/versions.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

namespace codecrucible::config {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Complete or not at all: written beside, flushed to the disk, then renamed.
core::Result<void> write_whole(const fs::path& path, const std::string& text) {
  const std::string beside = path.string() + ".new";
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = file >= 0;
  for (std::size_t at = 0; good && at < text.size();) {
    const ssize_t written = write(file, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    good = written > 0;
    if (good) at += static_cast<std::size_t>(written);
  }
  good = good && fsync(file) == 0;
  const int failed = errno;
  if (file >= 0) close(file);
  if (good && std::rename(beside.c_str(), path.c_str()) == 0) return {};
  return core::fail(core::Cause::internal,
                    path.string() + " cannot be written: " + std::strerror(good ? errno : failed));
}

class Files : public Versions {
 public:
  Files(fs::path directory, std::size_t limit)
      : directory_(std::move(directory)), limit_(std::max<std::size_t>(limit, 1)) {
    read_index();
  }

  core::Result<std::uint32_t> keep(const std::string& text, Version about) override {
    const std::scoped_lock lock(mutex_);
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) return core::fail(core::Cause::internal, directory_.string() + ": " + error.message());
    fs::permissions(directory_, fs::perms::owner_all, error);
    if (!versions_.empty() && read_whole(file_of(versions_.back().number)) == text)
      return versions_.back().number;
    about.number = next_;
    const core::Result<void> written = write_whole(file_of(about.number), text);
    if (!written) return written.error();
    ++next_;
    versions_.push_back(about);
    remove_oldest(limit_);
    const core::Result<void> indexed = write_index();
    if (!indexed) return indexed.error();
    return about.number;
  }

  std::vector<Version> list() const override {
    const std::scoped_lock lock(mutex_);
    return {versions_.rbegin(), versions_.rend()};
  }

  std::optional<std::string> text(std::uint32_t number) const override {
    const std::scoped_lock lock(mutex_);
    const bool known = std::any_of(versions_.begin(), versions_.end(),
                                   [number](const Version& version) { return version.number == number; });
    return known ? read_whole(file_of(number)) : std::nullopt;
  }

  void prune(std::size_t count) override {
    const std::scoped_lock lock(mutex_);
    remove_oldest(count);
    // A stale index only lists files that are gone; reading it again drops them.
    [[maybe_unused]] const auto written = write_index();
  }

 private:
  fs::path file_of(std::uint32_t number) const {
    std::string name = std::to_string(number);
    name.insert(0, name.size() < 4 ? 4 - name.size() : 0, '0');
    return directory_ / (name + ".yaml");
  }

  void remove_oldest(std::size_t count) {
    while (versions_.size() > count) {
      std::error_code error;
      fs::remove(file_of(versions_.front().number), error);
      versions_.erase(versions_.begin());
    }
  }

  core::Result<void> write_index() const {
    nlohmann::json list = nlohmann::json::array();
    for (const Version& version : versions_)
      list.push_back({{"number", version.number},
                      {"unix_ms", version.unix_ms},
                      {"origin", version.origin},
                      {"summary", version.summary}});
    const nlohmann::json index{{"next", next_}, {"versions", std::move(list)}};
    return write_whole(directory_ / "index.json",
                       index.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }

  // The files are the truth; the index adds what they cannot tell, and may be behind or broken.
  void read_index() {
    const nlohmann::json index =
        nlohmann::json::parse(read_whole(directory_ / "index.json").value_or("{}"), nullptr, false);
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_, error)) {
      const std::string name = entry.path().stem().string();
      Version version;
      const auto read = std::from_chars(name.data(), name.data() + name.size(), version.number);
      if (entry.path().extension() != ".yaml" || read.ec != std::errc{} ||
          read.ptr != name.data() + name.size())
        continue;
      describe(version, index);
      versions_.push_back(std::move(version));
    }
    std::sort(versions_.begin(), versions_.end(),
              [](const Version& a, const Version& b) { return a.number < b.number; });
    if (index.is_object() && index.contains("next") && index["next"].is_number_unsigned())
      next_ = index["next"].get<std::uint32_t>();
    if (!versions_.empty()) next_ = std::max(next_, versions_.back().number + 1);
  }

  static void describe(Version& version, const nlohmann::json& index) {
    if (!index.is_object() || !index.contains("versions") || !index["versions"].is_array()) return;
    for (const nlohmann::json& one : index["versions"]) {
      if (!one.is_object() || one.value("number", nlohmann::json()) != nlohmann::json(version.number))
        continue;
      if (one.contains("unix_ms") && one["unix_ms"].is_number())
        version.unix_ms = one["unix_ms"].get<std::int64_t>();
      if (one.contains("origin") && one["origin"].is_string())
        version.origin = one["origin"].get<std::string>();
      if (one.contains("summary") && one["summary"].is_string())
        version.summary = one["summary"].get<std::string>();
    }
  }

  fs::path directory_;
  std::size_t limit_;
  mutable std::mutex mutex_;
  std::vector<Version> versions_;  // oldest first
  std::uint32_t next_ = 1;
};

}  // namespace

std::unique_ptr<Versions> versions_in(const std::string& directory, std::size_t limit) {
  return std::make_unique<Files>(fs::path(directory) / "config-history", limit);
}

}  // namespace codecrucible::config

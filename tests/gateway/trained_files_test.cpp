#include "gateway/trained_files.hpp"

#include "places.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace codecrucible;
using namespace codecrucible::gateway;
namespace fs = std::filesystem;

namespace {

// Copies of the shipped models that may be changed.
struct Copies {
  fs::path folder;
  classifier::Settings classifier;
  confidence::Settings confidence;

  Copies() {
    std::string name = (fs::temp_directory_path() / "codecrucible-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    classifier.model_file = copy("classifier.model");
    classifier.vectors_file = copy("words.vectors");
    confidence.model_file = copy("confidence.model");
  }
  ~Copies() {
    std::error_code error;
    fs::remove_all(folder, error);
  }
  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;
  std::string copy(const char* file) const {
    const auto to = folder / file;
    fs::copy_file(fs::path(source_dir()) / "models" / file, to);
    return to.string();
  }
};

void touch(const std::string& file) {
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
}

}  // namespace

TEST_CASE("trained files: a new configuration gets the models that are in memory") {
  const Copies copies;
  TrainedFiles files;
  std::string trouble;
  const auto first = files.layers(copies.classifier, trouble),
             second = files.layers(copies.classifier, trouble);
  CHECK(first.model != nullptr);
  CHECK(first.model == second.model);
  CHECK(files.judge(copies.confidence, trouble) == files.judge(copies.confidence, trouble));
  CHECK(trouble.empty());
}

TEST_CASE("trained files: a file that has changed is read again") {
  const Copies copies;
  TrainedFiles files;
  std::string trouble;
  const auto first = files.layers(copies.classifier, trouble).model;
  const auto judge = files.judge(copies.confidence, trouble);
  touch(copies.classifier.vectors_file);
  touch(copies.confidence.model_file);
  CHECK(files.layers(copies.classifier, trouble).model != first);
  CHECK(files.judge(copies.confidence, trouble) != judge);
  CHECK(trouble.empty());
}

TEST_CASE("trained files: one that is gone is told, and one that comes is taken up") {
  const Copies copies;
  TrainedFiles files;
  std::string trouble;
  auto elsewhere = copies.classifier;
  elsewhere.model_file = (copies.folder / "later.model").string();
  CHECK(files.layers(elsewhere, trouble).model == nullptr);
  CHECK(trouble.find("later.model") != std::string::npos);
  fs::copy_file(copies.classifier.model_file, elsewhere.model_file);
  trouble.clear();
  CHECK(files.layers(elsewhere, trouble).model != nullptr);
  CHECK(trouble.empty());
}

#include "classifier/binary.hpp"
#include "classifier/dataset.hpp"
#include "classifier/report.hpp"
#include "classifier/train.hpp"
#include "classifier/weights.hpp"
#include "places.hpp"
#include "request.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace codecrucible;
using namespace codecrucible::classifier;
using classifier::tests::shipped;

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "classifier_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(file(name), std::ios::binary) << bytes;
    return file(name);
  }

 private:
  std::string path_;
};

constexpr const char* subjects[] = {"parser of invoices",  "cache behind our shop", "login page on phones",
                                    "yearly sales report", "queue for uploads",     "chart with old prices"};

// Separable on purpose: a trainer that does not learn this learns nothing.
std::string small_data() {
  std::string out;
  const auto row = [&out](const std::string& prompt, const char* type, const char* complexity) {
    out +=
        "{\"prompt\":\"" + prompt + "\",\"type\":\"" + type + "\",\"complexity\":\"" + complexity + "\"}\n";
  };
  for (const std::string subject : subjects) {
    row("fix the crash in the " + subject, "debugging", "medium");
    row("rename every variable of the " + subject, "format", "simple");
    row("design the architecture of a distributed " + subject + " and compare the options", "planning",
        "complex");
    row("write a script for the " + subject, "template", "simple");
  }
  return out;
}

TrainOptions small_options(const Folder& folder) {
  TrainOptions options;
  options.data = {folder.write("rows.jsonl", small_data())};
  options.vectors_file = shipped("words.vectors");
  options.out = folder.file("m.model");
  options.folds = 3;
  return options;
}

std::string bytes_of(const std::string& file) {
  return *read_file(file, 1U << 30);
}

}  // namespace

TEST_CASE("train: learns separable classes and writes a model that loads and answers") {
  const Folder folder;
  const auto options = small_options(folder);
  const auto result = train(options);
  REQUIRE(result.has_value());
  CHECK(result->measures.type_accuracy > 0.9);
  CHECK(report(*result).find("confusion") == std::string::npos);
  CHECK(report(*result).find("debugging") != std::string::npos);
  Layers layers;
  auto model = load_model(options.out, options.vectors_file);
  REQUIRE(model.has_value());
  layers.model = *model;
  layers.settings.parser_type = ParserType::ml;
  CHECK(classifier::tests::classify_text("fix the crash in the importer", layers).type ==
        core::TaskType::debugging);
}

TEST_CASE("train: twice the same data and seed give the same file") {
  const Folder folder;
  auto options = small_options(folder);
  REQUIRE(train(options).has_value());
  const auto first = bytes_of(options.out);
  REQUIRE(train(options).has_value());
  CHECK(first == bytes_of(options.out));
}

TEST_CASE("train: a wrong row is named with its file and line") {
  const Folder folder;
  TrainOptions options;
  options.data = {folder.write("bad.jsonl", small_data() + "\n{\"prompt\":\"x\",\"type\":\"poem\"}\n")};
  const auto result = train(options);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().detail.find("bad.jsonl:26") != std::string::npos);
  options.data = {folder.file("absent.jsonl")};
  CHECK_FALSE(train(options).has_value());
}

TEST_CASE("train: near-duplicates share a group") {
  std::vector<Example> examples(3);
  examples[0].prompt = "add a button to the settings page that clears the cache of the app";
  examples[1].prompt = "add a button to the settings page that clears the cache of my app";
  examples[2].prompt = "what is the capital of Portugal";
  group_duplicates(examples);
  CHECK(examples[0].group == examples[1].group);
  CHECK(examples[0].group != examples[2].group);
}

TEST_CASE("model file: anything damaged is refused") {
  const Folder folder;
  const auto options = small_options(folder);
  REQUIRE(train(options).has_value());
  const auto whole = bytes_of(options.out);
  const auto loads = [&](std::string_view bytes) {
    return load_model(folder.write("damaged.model", bytes), options.vectors_file).has_value();
  };
  CHECK(loads(whole));
  CHECK_FALSE(loads(""));
  CHECK_FALSE(loads("CCMODL01"));
  CHECK_FALSE(loads(std::string(1000, 'x')));
  CHECK_FALSE(loads(whole + "x"));
  for (const double part : {0.1, 0.5, 0.999}) {
    const auto size = static_cast<std::size_t>(static_cast<double>(whole.size()) * part);
    CHECK_FALSE(loads(std::string_view(whole).substr(0, size)));
    auto flipped = whole;
    flipped[size] = static_cast<char>(flipped[size] ^ 0x10);
    CHECK_FALSE(loads(flipped));
  }
  CHECK_FALSE(load_model(folder.file("absent"), options.vectors_file).has_value());
}

TEST_CASE("model file: numbers out of bounds are refused even with a right checksum") {
  Weights weights;
  CHECK(weights_from(to_bytes(weights)).has_value());
  weights.type_temperature = 0;
  CHECK_FALSE(weights_from(to_bytes(weights)).has_value());
  weights.type_temperature = 1;
  weights.numbers[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(weights_from(to_bytes(weights)).has_value());
}

TEST_CASE("model file: refused with other word vectors than it was trained with") {
  const Folder folder;
  auto options = small_options(folder);
  options.vectors_file.clear();
  REQUIRE(train(options).has_value());
  const auto model = load_model(options.out, shipped("words.vectors"));
  REQUIRE_FALSE(model.has_value());
  CHECK(model.error().detail.find("vectors") != std::string::npos);
}

TEST_CASE("word vectors: damaged files are refused and like words are near") {
  const auto whole = bytes_of(shipped("words.vectors"));
  auto flipped = whole;
  flipped[flipped.size() / 2] ^= 1;
  CHECK_FALSE(Vectors::parse(flipped).has_value());
  CHECK_FALSE(Vectors::parse(std::string_view(whole).substr(0, whole.size() - 1)).has_value());
  CHECK_FALSE(Vectors::parse("CCVEC001").has_value());
  const auto vectors = Vectors::parse(whole);
  REQUIRE(vectors.has_value());
  const auto near = [&](std::string_view a, std::string_view b) {
    const auto x = (*vectors)->embed(a), y = (*vectors)->embed(b);
    float dot = 0;
    for (std::size_t i = 0; i < x.size(); ++i) dot += x[i] * y[i];
    return dot;
  };
  CHECK(near("repair the broken car", "fix a damaged vehicle") >
        near("repair the broken car", "poems about autumn"));
  CHECK(near("sort a list", "sort a list") == doctest::Approx(1).epsilon(0.001));
}

TEST_CASE("train: cross-validated on the labelled prompts beside the repository" * doctest::timeout(280)) {
  const char* place = std::getenv("CODECRUCIBLE_DATA");
  const std::string data = place != nullptr ? place : source_dir() + "/../shared/data";
  const auto dev = data + "/tasks/dev.jsonl";
#ifdef CODECRUCIBLE_SANITIZED
  MESSAGE("skipped: too slow with sanitizers");
  return;
#endif
  if (!std::filesystem::exists(dev)) {
    MESSAGE("skipped: no " << dev);
    return;
  }
  TrainOptions options;
  options.data = {dev};
  const std::filesystem::path own = source_dir() + "/data/training";
  if (std::filesystem::exists(own))
    for (const auto& entry : std::filesystem::directory_iterator(own))
      if (entry.path().extension() == ".jsonl") options.data.push_back(entry.path());
  std::sort(options.data.begin() + 1, options.data.end());
  options.vectors_file = shipped("words.vectors");
  options.folds = 5;
  options.leave_one_source_out = false;
  const auto result = train(options);
  REQUIRE(result.has_value());
  MESSAGE(report(*result));
  // What was reached when this was written, less two standard errors: a fall below is a regression.
  CHECK(result->measures.type_accuracy > 0.79);
  CHECK(result->measures.complexity_accuracy > 0.69);
  CHECK(result->measures.complex_called_simple <= 0.07);
  CHECK(result->measures.calibration_error <= 0.06);
}

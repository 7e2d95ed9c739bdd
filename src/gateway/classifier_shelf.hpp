#pragma once

#include "core/result.hpp"
#include "learning/retraining.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// Trained classifiers in a folder: a file for each model, and one that says which is in use. Each is replaced
// in one step, so that a gateway that dies at any time finds what was there. Not thread-safe.
class ClassifierShelf {
 public:
  static constexpr std::size_t most_models =
      10;  // the oldest go, but never the one in use nor the one before

  struct Kept {
    std::uint64_t number = 0;  // from 1 on
    std::int64_t at = 0;       // seconds since 1970
    std::size_t learned = 0, held = 0;
    learning::Exam before, after;  // on the prompts held back: the model then in use, and this one
  };
  // How the last round went.
  struct Round {
    std::int64_t at = 0;  // 0: none yet
    std::size_t labelled = 0;
    std::string said;  // a sentence for a person
  };

  explicit ClassifierShelf(std::string folder) : folder_(std::move(folder)) {}

  // What is written there; nothing is fine.
  core::Result<void> open();
  core::Result<std::uint64_t> keep(Kept about, const std::string& model);
  void note(Round round);
  // 0 = the configuration's file.
  core::Result<void> put_in_use(std::uint64_t number);

  std::uint64_t in_use() const noexcept { return in_use_; }
  std::uint64_t before() const noexcept { return before_; }
  const Round& round() const noexcept { return round_; }
  const std::vector<Kept>& kept() const noexcept { return kept_; }  // newest first
  bool has(std::uint64_t number) const noexcept;
  std::string file_of(std::uint64_t number) const;

 private:
  core::Result<void> write() const;

  std::string folder_;
  std::uint64_t in_use_ = 0, before_ = 0, last_ = 0;
  Round round_;
  std::vector<Kept> kept_;
};

// As the list's file and the admin pages have them.
nlohmann::ordered_json written(const ClassifierShelf::Kept& one);
nlohmann::ordered_json written(const ClassifierShelf::Round& round);

}  // namespace codecrucible::gateway

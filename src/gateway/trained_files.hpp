#pragma once

#include "classifier/classify.hpp"
#include "confidence/model.hpp"
#include "confidence/settings.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace codecrucible::gateway {

// What was trained offline and lies in files, read once: a new configuration gets the same models again
// unless a file has changed. Blocking file I/O; any thread.
class TrainedFiles {
 public:
  // The layers that can work: without a readable model the rules answer alone, and `trouble` says so.
  classifier::Layers layers(const classifier::Settings& settings, std::string& trouble);
  // What judges answers; without a readable file hard signs alone count, and `trouble` says so.
  std::shared_ptr<const confidence::Model> judge(const confidence::Settings& settings, std::string& trouble);

 private:
  // Which file was read, as it was then.
  struct Mark {
    std::string name;
    std::uint64_t device = 0, number = 0;
    std::int64_t size = -1, changed_ns = 0;
    bool operator==(const Mark&) const = default;
  };
  static Mark mark_of(const std::string& name);

  std::mutex mutex_;
  Mark model_file_, vectors_file_, judge_file_;
  std::shared_ptr<const classifier::Model> model_;
  std::shared_ptr<const confidence::Model> judge_;
};

}  // namespace codecrucible::gateway

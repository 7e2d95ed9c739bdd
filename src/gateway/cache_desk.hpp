#pragma once

#include "cache/exact.hpp"
#include "cache/semantic/semantic.hpp"
#include "classifier/vectors.hpp"
#include "config/settings.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// The caches that all workers share, and what they need from files.
class CacheDesk {
 public:
  explicit CacheDesk(const cache::Settings& settings);

  // At the start: answers of an earlier run come back. What could not be done is said; it is no reason not to
  // serve.
  std::vector<std::string> open(const config::Settings& settings);
  // New settings, live. Blocking file I/O.
  std::vector<std::string> apply(const config::Settings& settings);

  std::size_t clear(const cache::Choice& choice) { return exact.clear(choice) + semantic.clear(choice); }

  cache::Exact exact;
  cache::Semantic semantic;

 private:
  // Word vectors for the semantic cache, read when it is first switched on.
  struct Words {
    std::atomic<std::shared_ptr<const classifier::Vectors>> vectors;
  };
  CacheDesk(const cache::Settings& settings, std::shared_ptr<Words> words);
  void read_words(const config::Settings& settings, std::vector<std::string>& troubles);

  std::shared_ptr<Words> words_;
};

}  // namespace codecrucible::gateway

#pragma once

#include "cache/semantic/meaning.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace codecrucible::cache {

// Nearest neighbours among meanings: all of them looked at while they are few, an HNSW graph (hnswlib) when
// they are many. Searches may run at the same time as each other, not as changes.
class Index {
 public:
  using Label = std::uint64_t;
  struct Near {
    Label label = 0;
    double score = 0;
  };

  Index();
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  void add(Label label, const Meaning& meaning);
  void remove(Label label);
  // The nearest first.
  std::vector<Near> nearest(const Meaning& meaning, std::size_t count) const;
  std::size_t size() const noexcept;

  // Memory of one entry, about.
  static std::size_t bytes_each() noexcept;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace codecrucible::cache

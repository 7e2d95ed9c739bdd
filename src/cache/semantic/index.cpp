#include "cache/semantic/index.hpp"

// Its prefetching reads past the end of link lists; the product, which its own vector code is for, is ours.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <unordered_map>

namespace codecrucible::cache {
namespace {

constexpr std::size_t few = 256;   // up to here a look at all is as fast
constexpr std::size_t links = 16;  // per element, as hnswlib advises for such dimensions
constexpr std::size_t build_width = 100;
constexpr std::size_t search_width = 64;

// Sums side by side, which any compiler puts into the lanes of vector registers: one sum alone would have to
// be taken in order.
float product(const float* a, const float* b) {
  constexpr std::size_t lanes = 16;
  static_assert(meaning_dims % lanes == 0);
  float sums[lanes] = {};
  for (std::size_t i = 0; i < meaning_dims; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (const float one : sums) sum += one;
  return sum;
}

// Meanings as hnswlib wants to see a space: small is near.
class Space final : public hnswlib::SpaceInterface<float> {
 public:
  std::size_t get_data_size() override { return sizeof(Meaning); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
  void* get_dist_func_param() override { return nullptr; }

 private:
  static float distance(const void* a, const void* b, const void* /*parameter*/) {
    return 1 - product(static_cast<const float*>(a), static_cast<const float*>(b));
  }
};

}  // namespace

struct Index::Inside {
  Space space;
  std::unordered_map<Label, Meaning> held;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
  std::size_t removed = 0;  // still in the graph, marked

  // Anew, with room to grow: hnswlib neither frees what is removed nor takes a label twice.
  void build() {
    graph = std::make_unique<hnswlib::HierarchicalNSW<float>>(&space, held.size() * 2, links, build_width);
    graph->setEf(search_width);
    for (const auto& [label, meaning] : held) graph->addPoint(meaning.data(), label);
    removed = 0;
  }
};

Index::Index() : inside_(std::make_unique<Inside>()) {}
Index::~Index() = default;

void Index::add(Label label, const Meaning& meaning) {
  auto& self = *inside_;
  self.held[label] = meaning;
  if (self.held.size() <= few) return;
  if (!self.graph || self.held.size() + self.removed > self.graph->max_elements_) return self.build();
  self.graph->addPoint(meaning.data(), label);
}

void Index::remove(Label label) {
  auto& self = *inside_;
  if (self.held.erase(label) == 0 || !self.graph) return;
  if (self.held.size() <= few / 2) return self.graph.reset();
  self.graph->markDelete(label);
  if (++self.removed > self.held.size()) self.build();
}

std::vector<Index::Near> Index::nearest(const Meaning& meaning, std::size_t count) const {
  const auto& self = *inside_;
  std::vector<Near> out;
  if (self.graph) {
    auto found = self.graph->searchKnn(meaning.data(), count);
    while (!found.empty()) {
      out.push_back({found.top().second, 1 - static_cast<double>(found.top().first)});
      found.pop();
    }
    std::reverse(out.begin(), out.end());
    return out;
  }
  for (const auto& [label, other] : self.held) out.push_back({label, product(meaning.data(), other.data())});
  const auto kept = std::min(count, out.size());
  const auto nearer = [](const Near& a, const Near& b) {
    return a.score != b.score ? a.score > b.score : a.label < b.label;
  };
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(), nearer);
  out.resize(kept);
  return out;
}

std::size_t Index::size() const noexcept {
  return inside_->held.size();
}

std::size_t Index::bytes_each() noexcept {
  return 2 * sizeof(Meaning) + links * 3 * sizeof(std::uint32_t) + 96;
}

}  // namespace codecrucible::cache

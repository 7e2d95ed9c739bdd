#include "fit_trees.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace codecrucible::escalation {
namespace {

constexpr std::size_t bins = 48;

// Inputs as bin numbers, with the upper limit of each bin.
struct Binned {
  std::vector<std::vector<std::uint8_t>> of;  // [input][row]
  std::vector<std::vector<float>> limits;     // [input][bin], the last bin has none
};

Binned binned(const Rows& inputs, const std::vector<int>& rows) {
  const std::size_t width = inputs.front().size();
  Binned made;
  made.of.resize(width);
  made.limits.resize(width);
  std::vector<float> values(rows.size());
  for (std::size_t input = 0; input < width; ++input) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      values[i] = inputs[static_cast<std::size_t>(rows[i])][input];
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    auto& limits = made.limits[input];
    for (std::size_t bin = 1; bin < bins; ++bin) {
      const float limit = sorted[bin * sorted.size() / bins];
      if (limit < sorted.back() && (limits.empty() || limit > limits.back())) limits.push_back(limit);
    }
    if (limits.empty() || limits.front() > sorted.front()) {
      // Rare small values below the first limit deserve a bin of their own.
      limits.insert(limits.begin(), sorted.front());
    }
    auto& of = made.of[input];
    of.resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      of[i] = static_cast<std::uint8_t>(std::lower_bound(limits.begin(), limits.end(), values[i]) -
                                        limits.begin());
    }
  }
  return made;
}

struct Sums {
  double gradient = 0, weight = 0;
  int rows = 0;
};

struct Leaf {
  std::vector<std::uint32_t> rows;
  Sums sums;
  std::int32_t node = 0;
  double gain = 0;
  std::size_t input = 0, bin = 0;
};

class Grower {
 public:
  Grower(const Binned& data, const std::vector<double>& gradient, const std::vector<double>& weight,
         const TreeOptions& options)
      : data_(data), gradient_(gradient), weight_(weight), options_(options) {}

  void choose_split(Leaf& leaf, const std::vector<std::size_t>& tried) const {
    leaf.gain = 0;
    std::array<Sums, bins + 2> histogram;
    for (const auto input : tried) {
      histogram.fill({});
      const auto& of = data_.of[input];
      for (const auto row : leaf.rows) {
        auto& bin = histogram[of[row]];
        bin.gradient += gradient_[row];
        bin.weight += weight_[row];
        ++bin.rows;
      }
      Sums left;
      for (std::size_t bin = 0; bin < data_.limits[input].size(); ++bin) {
        left.gradient += histogram[bin].gradient;
        left.weight += histogram[bin].weight;
        left.rows += histogram[bin].rows;
        const Sums right{leaf.sums.gradient - left.gradient, leaf.sums.weight - left.weight,
                         leaf.sums.rows - left.rows};
        if (left.rows < options_.least_rows || right.rows < options_.least_rows) continue;
        const double gain = worth(left) + worth(right) - worth(leaf.sums);
        if (gain > leaf.gain) {
          leaf.gain = gain;
          leaf.input = input;
          leaf.bin = bin;
        }
      }
    }
  }

  double worth(const Sums& sums) const {
    return sums.gradient * sums.gradient / (sums.weight + options_.ridge);
  }
  Sums sum(const std::vector<std::uint32_t>& rows) const {
    Sums sums;
    for (const auto row : rows) {
      sums.gradient += gradient_[row];
      sums.weight += weight_[row];
    }
    sums.rows = static_cast<int>(rows.size());
    return sums;
  }

 private:
  const Binned& data_;
  const std::vector<double>& gradient_;
  const std::vector<double>& weight_;
  const TreeOptions& options_;
};

}  // namespace

confidence::Trees fit_trees(const Rows& inputs, const std::vector<bool>& target, const std::vector<int>& rows,
                            const TreeOptions& options) {
  confidence::Trees trees;
  const auto data = binned(inputs, rows);
  double share = 0;
  for (const int row : rows)
    share += target[static_cast<std::size_t>(row)] ? 1.0 / static_cast<double>(rows.size()) : 0.0;
  share = std::clamp(share, 0.01, 0.99);
  trees.level = static_cast<float>(std::log(share / (1 - share)));
  std::vector<double> sum(rows.size(), static_cast<double>(trees.level)), gradient(rows.size()),
      weight(rows.size());
  std::mt19937_64 random(options.seed);
  const auto chance = [&] { return static_cast<double>(random() >> 11) * 0x1.0p-53; };
  for (int tree = 0; tree < options.trees; ++tree) {
    std::vector<std::uint32_t> seen;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double p = 1 / (1 + std::exp(-sum[i]));
      gradient[i] = (target[static_cast<std::size_t>(rows[i])] ? 1.0 : 0.0) - p;
      weight[i] = p * (1 - p);
      if (chance() < options.rows_share) seen.push_back(static_cast<std::uint32_t>(i));
    }
    std::vector<std::size_t> tried;
    for (std::size_t input = 0; input < data.of.size(); ++input) {
      if (chance() < options.inputs_share) tried.push_back(input);
    }
    const Grower grower(data, gradient, weight, options);
    std::vector<Leaf> leaves(1);
    leaves[0].rows = std::move(seen);
    leaves[0].sums = grower.sum(leaves[0].rows);
    leaves[0].node = static_cast<std::int32_t>(trees.nodes.size());
    trees.roots.push_back(leaves[0].node);
    trees.nodes.emplace_back();
    grower.choose_split(leaves[0], tried);
    while (static_cast<int>(leaves.size()) < options.leaves) {
      auto best = std::max_element(leaves.begin(), leaves.end(),
                                   [](const Leaf& a, const Leaf& b) { return a.gain < b.gain; });
      if (best->gain <= 1e-9) break;
      Leaf left, right;
      for (const auto row : best->rows)
        (data.of[best->input][row] <= best->bin ? left : right).rows.push_back(row);
      left.node = static_cast<std::int32_t>(trees.nodes.size());
      right.node = left.node + 1;
      auto& node = trees.nodes[static_cast<std::size_t>(best->node)];
      node = {static_cast<std::int32_t>(best->input), data.limits[best->input][best->bin], left.node,
              right.node};
      trees.nodes.emplace_back();
      trees.nodes.emplace_back();
      for (auto* half : {&left, &right}) {
        half->sums = grower.sum(half->rows);
        grower.choose_split(*half, tried);
      }
      *best = std::move(left);
      leaves.push_back(std::move(right));
    }
    for (const auto& leaf : leaves) {
      const double value = options.rate * leaf.sums.gradient / (leaf.sums.weight + options.ridge);
      trees.nodes[static_cast<std::size_t>(leaf.node)].limit = static_cast<float>(value);
    }
    // Every row moves, seen or not.
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto at = trees.roots.back();
      while (trees.nodes[static_cast<std::size_t>(at)].input >= 0) {
        const auto& node = trees.nodes[static_cast<std::size_t>(at)];
        at = inputs[static_cast<std::size_t>(rows[i])][static_cast<std::size_t>(node.input)] <= node.limit
                 ? node.left
                 : node.right;
      }
      sum[i] += static_cast<double>(trees.nodes[static_cast<std::size_t>(at)].limit);
    }
  }
  return trees;
}

}  // namespace codecrucible::escalation

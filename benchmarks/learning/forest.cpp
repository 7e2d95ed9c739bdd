#include "forest.hpp"

#include "learning/dice.hpp"

#include <algorithm>
#include <numeric>

namespace codecrucible::measuring {
namespace {

using Picked = std::vector<std::size_t>;

// Sum over outputs of (sum of a part)² / rows: what a split raises is what it takes from the squared error.
double worth(const std::vector<double>& sums, std::size_t rows) {
  double squares = 0;
  for (const double sum : sums) squares += sum * sum;
  return rows > 0 ? squares / static_cast<double>(rows) : 0;
}

struct Split {
  double gain = 0;
  std::size_t input = 0;
  float limit = 0;
};

}  // namespace

Forest::Forest(const Table& inputs, const Table& outputs, const Picked& rows, const ForestOptions& options)
    : width_(outputs.front().size()) {
  learning::Dice dice(options.seed);
  const std::size_t columns = inputs.front().size();
  const auto tries =
      std::max<std::size_t>(1, static_cast<std::size_t>(options.inputs_share * static_cast<double>(columns)));
  std::vector<double> left(width_), right(width_);
  const auto try_split = [&](const Picked& here, std::size_t input, Split& best) {
    float low = inputs[here.front()][input], high = low;
    for (const auto row : here) {
      low = std::min(low, inputs[row][input]);
      high = std::max(high, inputs[row][input]);
    }
    if (!(high > low)) return;
    const float limit = low + (high - low) * static_cast<float>(dice.unit());
    std::fill(left.begin(), left.end(), 0);
    std::fill(right.begin(), right.end(), 0);
    std::size_t count = 0;
    for (const auto row : here) {
      auto& sums = inputs[row][input] <= limit ? left : right;
      count += inputs[row][input] <= limit ? 1 : 0;
      for (std::size_t i = 0; i < width_; ++i) sums[i] += static_cast<double>(outputs[row][i]);
    }
    if (count < options.least_rows || here.size() - count < options.least_rows) return;
    const double gain = worth(left, count) + worth(right, here.size() - count);
    if (gain > best.gain) best = {gain, input, limit};
  };
  struct Open {
    std::uint32_t node;
    Picked rows;
  };
  for (int tree = 0; tree < options.trees; ++tree) {
    roots_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    nodes_.emplace_back();
    std::vector<Open> open;
    open.push_back({roots_.back(), rows});
    while (!open.empty()) {
      Open now = std::move(open.back());
      open.pop_back();
      Split best;
      if (now.rows.size() >= 2 * options.least_rows) {
        for (std::size_t i = 0; i < tries; ++i) try_split(now.rows, dice.below(columns), best);
      }
      if (best.gain <= 0) {
        nodes_[now.node].left = static_cast<std::uint32_t>(values_.size());
        for (std::size_t i = 0; i < width_; ++i) {
          double sum = 0;
          for (const auto row : now.rows) sum += static_cast<double>(outputs[row][i]);
          values_.push_back(
              static_cast<float>(sum / static_cast<double>(std::max<std::size_t>(1, now.rows.size()))));
        }
        continue;
      }
      const auto at = static_cast<std::uint32_t>(nodes_.size());
      nodes_.resize(nodes_.size() + 2);
      nodes_[now.node] = {static_cast<std::int32_t>(best.input), best.limit, at, at + 1};
      Open first{at, {}}, second{at + 1, {}};
      for (const auto row : now.rows)
        (inputs[row][best.input] <= best.limit ? first : second).rows.push_back(row);
      open.push_back(std::move(first));
      open.push_back(std::move(second));
    }
  }
}

std::vector<double> Forest::predict(const std::vector<float>& input) const {
  std::vector<double> out(width_, 0);
  for (auto at : roots_) {
    while (nodes_[at].input >= 0) {
      const auto& node = nodes_[at];
      at = input[static_cast<std::size_t>(node.input)] <= node.limit ? node.left : node.right;
    }
    for (std::size_t i = 0; i < width_; ++i)
      out[i] += static_cast<double>(values_[nodes_[at].left + i]) / static_cast<double>(roots_.size());
  }
  return out;
}

}  // namespace codecrucible::measuring

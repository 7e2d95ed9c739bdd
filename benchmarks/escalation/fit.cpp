#include "fit.hpp"

#include "fit_grams.hpp"
#include "fit_trees.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::escalation {
namespace {

using confidence::Comparable;
using confidence::Head;

constexpr int folds = 5;
constexpr double table_ridge = 1.0;
constexpr std::size_t rows_for_tables = 2000;  // words of fewer questions teach noise

// Logistic of one input by Newton's steps. What is left over: the mean loss in nats.
double fit_logistic(const std::vector<double>& sums, const std::vector<bool>& good, double& a, double& b) {
  a = 0, b = 1;
  for (int step = 0; step < 30; ++step) {
    double ga = 0, gb = 0, haa = 1e-6, hab = 0, hbb = 1e-6;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const double p = 1 / (1 + std::exp(-(a + b * sums[i])));
      const double g = (good[i] ? 1.0 : 0.0) - p, w = p * (1 - p);
      ga += g;
      gb += g * sums[i];
      haa += w;
      hab += w * sums[i];
      hbb += w * sums[i] * sums[i];
    }
    const double det = haa * hbb - hab * hab;
    if (std::abs(det) < 1e-9) break;
    a += (hbb * ga - hab * gb) / det;
    b += (haa * gb - hab * ga) / det;
  }
  double loss = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double logit = a + b * sums[i];
    loss += std::log1p(std::exp(good[i] ? -logit : logit));
  }
  return loss / static_cast<double>(std::max<std::size_t>(1, sums.size()));
}

// Calibration of a sum, with the reach under which the rows are least surprising.
confidence::Calibration calibrated(const std::vector<double>& sums, const std::vector<bool>& good) {
  confidence::Calibration best;
  double least = 0;
  for (const double reach : {0.0, 5.0, 3.0, 2.0, 1.5, 1.0}) {
    auto bent = sums;
    if (reach > 0) {
      for (double& sum : bent) sum = reach * std::tanh(sum / reach);
    }
    double shift = 0, slope = 1;
    const double loss = fit_logistic(bent, good, shift, slope);
    if (reach > 0 && loss >= least) continue;
    least = loss;
    best = {static_cast<float>(shift), static_cast<float>(slope), static_cast<float>(reach)};
  }
  return best;
}

double share(double logit) {
  return 1 / (1 + std::exp(-logit));
}

TreeOptions options_for(std::size_t rows) {
  TreeOptions options;
  if (rows < rows_for_tables) {
    options.trees = 80;
    options.least_rows = 20;
    options.ridge = 8;
  }
  return options;
}

// The mean of several forests that differ in what each tree may see.
confidence::Trees fit_mean(const Rows& inputs, const std::vector<bool>& target, const std::vector<int>& rows,
                           TreeOptions options) {
  const int forests = rows.size() < rows_for_tables ? 5 : 2;
  confidence::Trees mean;
  for (int i = 0; i < forests; ++i) {
    options.seed = static_cast<std::uint64_t>(i) + 1;
    auto one = fit_trees(inputs, target, rows, options);
    const auto base = static_cast<std::int32_t>(mean.nodes.size());
    for (auto node : one.nodes) {
      if (node.input < 0) {
        node.limit /= static_cast<float>(forests);
      } else {
        node.left += base;
        node.right += base;
      }
      mean.nodes.push_back(node);
    }
    for (const auto root : one.roots) mean.roots.push_back(root + base);
    mean.level += one.level / static_cast<float>(forests);
  }
  return mean;
}

// What rows get from trees fitted on the other folds: for the answers themselves and for their second
// answers.
struct Sums {
  std::vector<double> answer, second;
};

// Fits trees out of fold to calibrate their sum, then on everything.
Sums fit_judge(const Rows& inputs, const Rows& seconds, const std::vector<bool>& good,
               const std::vector<int>& fold, confidence::Trees& trees, confidence::Calibration& scale) {
  const auto options = options_for(inputs.size());
  Sums sums;
  sums.answer.resize(inputs.size());
  sums.second.resize(inputs.size());
  std::vector<int> all;
  for (std::size_t i = 0; i < inputs.size(); ++i) all.push_back(static_cast<int>(i));
  std::vector<double> known;
  std::vector<bool> known_good;
  for (int k = 0; k < folds; ++k) {
    std::vector<int> rest;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (fold[i] != k) rest.push_back(static_cast<int>(i));
    }
    if (rest.empty() || rest.size() == all.size()) continue;
    const auto part = fit_mean(inputs, good, rest, options);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (fold[i] != k) continue;
      sums.answer[i] = static_cast<double>(part.sum(inputs[i]));
      if (!seconds.empty() && !seconds[i].empty()) sums.second[i] = static_cast<double>(part.sum(seconds[i]));
      known.push_back(sums.answer[i]);
      known_good.push_back(good[i]);
    }
  }
  scale = calibrated(known, known_good);
  trees = fit_mean(inputs, good, all, options);
  return sums;
}

}  // namespace

Fitting::Fitting(std::vector<const Set*> sets) : sets_(std::move(sets)), kind_(sets_.front()->kind) {
  for (const auto* set : sets_) {
    for (const auto& row : set->rows) rows_.push_back(&row);
  }
}

Head Fitting::fit(int without) const {
  std::vector<const Row*> rows;
  for (const auto* row : rows_) {
    if (row->fold != without) rows.push_back(row);
  }
  const std::size_t count = rows.size();
  Head head;
  std::vector<int> fold(count);
  std::vector<bool> good(count), paired(count);
  std::vector<float> is_good(count), ease(count);
  for (std::size_t i = 0; i < count; ++i) {
    fold[i] = rows[i]->fold;
    good[i] = rows[i]->good;
    is_good[i] = good[i] ? 1.0F : 0.0F;
    ease[i] = static_cast<float>(rows[i]->ease);
  }
  const bool tables = count >= rows_for_tables;
  struct Scores {
    std::vector<float> request, answer, ease, second_answer, second_ease;
  } scores;
  for (auto* part :
       {&scores.request, &scores.answer, &scores.ease, &scores.second_answer, &scores.second_ease})
    part->assign(count, 0);
  if (tables) {
    std::vector<Grams> of_request, of_answer, of_second;
    for (const auto* row : rows) {
      of_request.push_back(grams_of(row->prompt, {}));
      of_answer.push_back(grams_of(row->prompt, row->answer));
      of_second.push_back(row->second.empty() ? Grams{} : grams_of(row->prompt, row->second));
    }
    for (int k = 0; k <= folds; ++k) {
      std::vector<int> rest;
      for (std::size_t i = 0; i < count; ++i) {
        if (fold[i] != k) rest.push_back(static_cast<int>(i));
      }
      if (k < folds && rest.size() == count) continue;  // the outer fold: held out already
      const auto request = fit_grams(of_request, ease, rest, table_ridge);
      const auto answer = fit_grams(of_answer, is_good, rest, table_ridge);
      const auto by_answer = fit_grams(of_answer, ease, rest, table_ridge);
      if (k == folds) {
        head.request = request;
        head.answer = answer;
        head.ease = by_answer;
        break;
      }
      for (std::size_t i = 0; i < count; ++i) {
        if (fold[i] != k) continue;
        scores.request[i] = score_of(request, of_request[i]);
        scores.answer[i] = score_of(answer, of_answer[i]);
        scores.ease[i] = score_of(by_answer, of_answer[i]);
        scores.second_answer[i] = score_of(answer, of_second[i]);
        scores.second_ease[i] = score_of(by_answer, of_second[i]);
      }
    }
  }
  // The rows as live use makes them, with the tables' scores replaced by those out of fold.
  const Head none;
  Rows alone, seconds;
  for (std::size_t i = 0; i < count; ++i) {
    auto row = confidence::alone_row(kind_, none, rows[i]->prompt, rows[i]->answer);
    row.resize(row.size() - 3);
    row.insert(row.end(), {scores.request[i], scores.answer[i], scores.ease[i]});
    alone.push_back(std::move(row));
    auto& other = seconds.emplace_back();
    if (rows[i]->second.empty()) continue;
    other = confidence::alone_row(kind_, none, rows[i]->prompt, rows[i]->second);
    other.resize(other.size() - 3);
    other.insert(other.end(), {scores.request[i], scores.second_answer[i], scores.second_ease[i]});
  }
  const auto sums = fit_judge(alone, seconds, good, fold, head.alone, head.of_alone);
  const std::vector<double> requests(scores.request.begin(), scores.request.end());
  double shift = 0, slope = 1;
  fit_logistic(requests, good, shift, slope);
  head.before_shift = static_cast<float>(shift);
  head.before_slope = static_cast<float>(slope);

  Rows pair;
  std::vector<bool> pair_good;
  std::vector<int> pair_fold;
  for (std::size_t i = 0; i < count; ++i) {
    if (rows[i]->second.empty()) continue;
    auto row = confidence::pair_row(kind_, none, rows[i]->prompt, rows[i]->answer, rows[i]->second);
    std::copy(alone[i].end() - 3, alone[i].end(),
              row.begin() + static_cast<std::ptrdiff_t>(alone[i].size()) - 3);
    row.resize(row.size() - 4);
    row.insert(row.end(), {scores.second_answer[i], scores.second_ease[i], static_cast<float>(sums.answer[i]),
                           static_cast<float>(sums.second[i])});
    pair.push_back(std::move(row));
    pair_good.push_back(good[i]);
    pair_fold.push_back(fold[i]);
  }
  if (pair.size() >= 200) fit_judge(pair, {}, pair_good, pair_fold, head.pair, head.of_pair);
  return head;
}

void Fitting::judge(const Head& head, const Set& set, int only, Judged& out) const {
  out.alone.resize(set.rows.size());
  out.pair.resize(set.rows.size());
  for (std::size_t i = 0; i < set.rows.size(); ++i) {
    const auto& row = set.rows[i];
    if (only >= 0 && row.fold != only) continue;
    const auto alone = confidence::alone_row(kind_, head, row.prompt, row.answer);
    out.alone[i] = share(static_cast<double>(head.of_alone.logit(head.alone.sum(alone))));
    if (row.second.empty() || head.pair.roots.empty()) continue;
    const auto pair = confidence::pair_row(kind_, head, row.prompt, row.answer, row.second);
    out.pair[i] = share(static_cast<double>(head.of_pair.logit(head.pair.sum(pair))));
  }
}

}  // namespace codecrucible::escalation

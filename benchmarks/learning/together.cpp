#include "together.hpp"

#include "../escalation/fit.hpp"
#include "../escalation/measure.hpp"
#include "offline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

namespace codecrucible::measuring {
namespace {

constexpr int folds = 5;

// Of each row: what the prompt says of strong - weak, how good the weak answer looks, and what is true.
struct Seen {
  std::vector<double> gain, good, truth;
  std::vector<int> fold;
};

std::size_t place_of(const std::vector<std::string>& models, std::string_view begin) {
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const std::string& model) { return model.starts_with(begin); });
  return static_cast<std::size_t>(found - models.begin());
}

// The two models of a set, weak first.
Set two_of(const Set& all, std::string_view weak, std::string_view strong) {
  Set out = all;
  const auto one = place_of(all.models, weak), two = place_of(all.models, strong);
  out.models = {all.models[one], all.models[two]};
  out.sizes = {all.sizes[one], all.sizes[two]};
  for (auto& row : out.rows) {
    row.scores = {row.scores[one], row.scores[two]};
    row.priors = {row.priors[one], row.priors[two]};
  }
  return out;
}

// y = a + b · gain + c · (1 - good), least squares over the rows outside `fold`.
std::array<double, 3> line_of(const Seen& seen, int fold) {
  double m[3][4] = {};
  for (std::size_t i = 0; i < seen.gain.size(); ++i) {
    if (seen.fold[i] == fold) continue;
    const double x[3] = {1, seen.gain[i], 1 - seen.good[i]};
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) m[r][c] += x[r] * x[c];
      m[r][3] += x[r] * seen.truth[i];
    }
  }
  for (int r = 0; r < 3; ++r) {
    for (int other = 0; other < 3; ++other) {
      if (other == r || m[r][r] == 0) continue;
      const double factor = m[other][r] / m[r][r];
      for (int c = 0; c < 4; ++c) m[other][c] -= factor * m[r][c];
    }
  }
  std::array<double, 3> out{};
  for (std::size_t r = 0; r < 3; ++r) out[r] = m[r][r] != 0 ? m[r][3] / m[r][r] : 0;
  return out;
}

// What is expected of the strong model's answer over the weak one's once that is seen.
std::vector<double> joint_of(const Seen& seen) {
  std::vector<double> out(seen.gain.size());
  for (int fold = 0; fold < folds; ++fold) {
    const auto line = line_of(seen, fold);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (seen.fold[i] == fold) out[i] = line[0] + line[1] * seen.gain[i] + line[2] * (1 - seen.good[i]);
    }
  }
  return out;
}

std::vector<std::size_t> best_first(const std::vector<double>& score) {
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return score[a] > score[b] || (score[a] == score[b] && a < b);
  });
  return order;
}

// Area over cost (strong = 1, weak = `price`), weak's quality = 0 and strong's = 1. Of the strong calls a
// `direct` share is made without asking the weak model, for the prompts of largest `gain`; the others after
// it, where `doubt` is largest.
double area_over_cost(const Seen& seen, const std::vector<double>& doubt, double direct, double price) {
  const auto by_prompt = best_first(seen.gain), by_answer = best_first(doubt);
  const auto count = static_cast<double>(seen.gain.size());
  const double whole = std::accumulate(seen.truth.begin(), seen.truth.end(), 0.0);
  std::vector<Point> points{{price, 0}, {1, 1}};
  for (double share = 0.01; share <= 1; share += 0.01) {
    const auto first = static_cast<std::size_t>(direct * share * count);
    const auto then = static_cast<std::size_t>((1 - direct) * share * count);
    std::vector<bool> strong(seen.gain.size(), false);
    double gain = 0;
    for (std::size_t i = 0; i < first; ++i) {
      strong[by_prompt[i]] = true;
      gain += seen.truth[by_prompt[i]];
    }
    std::size_t escalated = 0;
    for (std::size_t i = 0; i < by_answer.size() && escalated < then; ++i) {
      if (strong[by_answer[i]]) continue;
      ++escalated;
      gain += seen.truth[by_answer[i]];
    }
    const double routed = static_cast<double>(first) / count;
    const double cost = routed + (1 - routed) * price + static_cast<double>(escalated) / count;
    if (cost <= 1) points.push_back({cost, gain / whole});
  }
  return hull_area(std::move(points), price, 1);
}

void print_set(const escalation::Set& answers, const std::vector<double>& good, const Set& set) {
  const auto scores = words_cross_validated(set);
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < set.rows.size(); ++i) places.emplace(set.rows[i].prompt, i);
  Seen seen;
  std::vector<bool> weak, strong;
  for (std::size_t i = 0; i < answers.rows.size(); ++i) {
    const auto& row = answers.rows[i];
    const auto found = places.find(row.prompt);
    if (found == places.end()) continue;
    const auto& both = scores[found->second];
    seen.gain.push_back(both[1] - both[0]);
    seen.good.push_back(good[i]);
    seen.truth.push_back((row.strong_good ? 1.0 : 0.0) - (row.good ? 1.0 : 0.0));
    seen.fold.push_back(row.fold);
    weak.push_back(row.good);
    strong.push_back(row.strong_good);
  }
  std::vector<double> doubt;
  for (const double p : seen.good) doubt.push_back(1 - p);
  const auto joint = joint_of(seen);
  const double price = set.sizes[0] / set.sizes[1];
  std::printf("  %-34s %6zu  %.4f  %.4f  %.4f   %.2f  %.4f  %.4f  %.4f  %.4f  %.4f\n", answers.name.c_str(),
              weak.size(), escalation::curve_area(seen.gain, weak, strong),
              escalation::curve_area(doubt, weak, strong), escalation::curve_area(joint, weak, strong), price,
              area_over_cost(seen, doubt, 1, price), area_over_cost(seen, doubt, 0, price),
              area_over_cost(seen, joint, 0, price), area_over_cost(seen, joint, 0.25, price),
              area_over_cost(seen, joint, 0.5, price));
}

std::vector<double> judged(const escalation::Fitting& fitting, const std::vector<confidence::Head>& heads,
                           const escalation::Set& set) {
  escalation::Judged out;
  for (int fold = 0; fold < folds; ++fold)
    fitting.judge(heads[static_cast<std::size_t>(fold)], set, fold, out);
  return out.alone;
}

}  // namespace

void print_together(const std::string& data, const std::string& models) {
  const auto sets = escalation::read_sets(data);
  std::printf(
      "routing and escalation, five-fold; areas: weak alone = 0, strong alone = 1\n"
      "  %-34s %6s  over the share of strong calls   over cost (weak's price)\n"
      "  %-34s %6s  %-6s  %-6s  %-6s   %-4s  %-6s  %-6s  %-6s  %-6s  %-6s\n",
      "", "", "", "rows", "prompt", "answer", "both", "weak", "prompt", "answer", "both", "1/4 d.", "1/2 d.");
  for (const auto kind : {confidence::Comparable::number, confidence::Comparable::choice}) {
    std::vector<const escalation::Set*> same;
    for (const auto& set : sets) {
      if (set.kind == kind) same.push_back(&set);
    }
    if (same.empty()) continue;
    const escalation::Fitting fitting(same);
    std::vector<confidence::Head> heads;
    for (int fold = 0; fold < folds; ++fold) heads.push_back(fitting.fit(fold));
    const bool number = kind == confidence::Comparable::number;
    const auto all = number ? weak_strong(data, models, "gsm8k") : mmlu_pro(data, models);
    for (const auto* set : same) {
      const auto weak = set->name.find("Phi") != std::string::npos ? "Phi-3-mini" : "Meta-Llama-3_1-8B";
      print_set(*set, judged(fitting, heads, *set), number ? all : two_of(all, weak, "Meta-Llama-3_1-70B"));
    }
  }
}

}  // namespace codecrucible::measuring

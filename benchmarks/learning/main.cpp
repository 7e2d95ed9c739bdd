// Learning and routing measured on outcomes of real models.
//   learning DATA [--models FOLDER] [--seeds N] [--requests N] [--online | --offline | --only PART]
//            [--KNOB VALUE …]
// --only: one part: online, nine, gsm8k, mmlu, mmlu-1500, mmlu-pro or together (routing with escalation).
// --requests: so many, drawn from the rows with repetition, in place of each row once.
// The knobs are the bandit's: level, arm, task, complexity, at, ac, trait, noise, optimism, forgetting,
// budget, alarm, slack, doubt; --linucb 1. Offline figures are five-fold, everything learned anew in each
// fold.

#include "offline.hpp"
#include "online.hpp"
#include "together.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

namespace {

using namespace codecrucible;
using namespace codecrucible::measuring;

using Knobs = std::map<std::string, double>;

learning::BanditSettings settings_of(const Knobs& knobs) {
  learning::BanditSettings out;
  // What the classifier calls simple or complex says little of examination questions: the rules' expectations
  // per complexity are doubted.
  out.spread.complexity = 0.2;
  const auto set = [&](const char* name, double& value) {
    if (const auto found = knobs.find(name); found != knobs.end()) value = found->second;
  };
  set("level", out.spread.level);
  set("arm", out.spread.arm);
  set("task", out.spread.task);
  set("at", out.spread.arm_task);
  set("complexity", out.spread.complexity);
  set("ac", out.spread.arm_complexity);
  set("trait", out.spread.trait);
  set("noise", out.spread.noise);
  set("optimism", out.optimism);
  set("forgetting", out.forgetting);
  set("budget", out.budget);
  set("alarm", out.alarm);
  set("slack", out.slack);
  set("doubt", out.doubt);
  if (knobs.contains("linucb")) out.algorithm = learning::Algorithm::linucb;
  return out;
}

void line(const char* what, double value, double goal, bool at_least) {
  const bool met = at_least ? value >= goal : value <= goal;
  std::printf("  %-58s %8.4f   goal %s %.3f  %s\n", what, value, at_least ? ">=" : "<=", goal,
              met ? "met" : "MISSED");
}

double lost(const std::vector<Step>& steps, std::size_t begin = 0, std::size_t end = ~std::size_t{0}) {
  return mean_of(steps, &Step::by_task, begin, end) - mean_of(steps, &Step::reward, begin, end);
}

// What the data allows: a learner that knows the other tasks beforehand, with the best of three ways to
// explore.
void print_reach(const Set& set, int seeds, std::size_t requests) {
  double regret = 1, half_share = 0, factor_best = 0;
  for (const double factor : {0.5, 0.7, 1.0}) {
    double lost_all = 0, share = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      Course course;
      course.seed = static_cast<std::uint64_t>(seed);
      course.requests = requests;
      const auto steps = run_informed(set, factor, course);
      const std::size_t half = steps.size() / 2;
      const double chance = mean_of(steps, &Step::random, half);
      lost_all += lost(steps) / seeds;
      share += (mean_of(steps, &Step::reward, half) - chance) /
               (mean_of(steps, &Step::by_task, half) - chance) / seeds;
    }
    if (lost_all >= regret) continue;
    regret = lost_all;
    half_share = share;
    factor_best = factor;
  }
  std::printf(
      "  in reach: a learner told beforehand how all models do on all other tasks (Thompson, deviations x "
      "%.1f)\n"
      "    has regret %.4f, and recovers %.4f in the second half\n",
      factor_best, regret, half_share);
}

void online(const Set& set, const learning::BanditSettings& settings, int seeds, std::size_t requests) {
  struct Sums {
    double reward = 0, fixed = 0, task = 0, random = 0, oracle = 0, rules = 0, half = 0, cold = 0,
           warm_one = 0, warm_all = 0, shuffled = 0, frozen = 0, drifted = 0, drift_best = 0, worst_rules = 1,
           worst_fixed = 1;
  } sums;
  for (int seed = 1; seed <= seeds; ++seed) {
    Course course;
    course.seed = static_cast<std::uint64_t>(seed);
    course.requests = requests;
    const auto steps = run(set, settings, true, course);
    const std::size_t half = steps.size() / 2;
    sums.reward += mean_of(steps, &Step::reward) / seeds;
    sums.fixed += mean_of(steps, &Step::fixed) / seeds;
    sums.task += mean_of(steps, &Step::by_task) / seeds;
    sums.random += mean_of(steps, &Step::random) / seeds;
    sums.oracle += mean_of(steps, &Step::oracle) / seeds;
    sums.rules += mean_of(steps, &Step::rules) / seeds;
    const double chance = mean_of(steps, &Step::random, half);
    sums.half += (mean_of(steps, &Step::reward, half) - chance) /
                 (mean_of(steps, &Step::by_task, half) - chance) / seeds;
    sums.cold += lost(steps, 0, 500) / seeds;
    sums.worst_fixed =
        std::min(sums.worst_fixed, mean_of(steps, &Step::reward) - mean_of(steps, &Step::fixed));
    for (std::size_t at = 200; at + 500 <= steps.size(); at += 50) {
      const double rules = mean_of(steps, &Step::rules, at, at + 500);
      sums.worst_rules = std::min(sums.worst_rules, mean_of(steps, &Step::reward, at, at + 500) / rules - 1);
    }
    Course other = course;
    other.shuffled = true;
    sums.shuffled +=
        (mean_of(steps, &Step::reward) - mean_of(run(set, settings, true, other), &Step::reward)) / seeds;
    other = course;
    other.warm = 200;
    sums.warm_one += lost(run(set, settings, true, other), 0, 500) / seeds;
    other.warm_full = true;
    sums.warm_all += lost(run(set, settings, true, other), 0, 500) / seeds;
    other = course;
    other.drop = true;
    const auto drifting = run(set, settings, true, other);
    other.frozen = true;
    const auto frozen = run(set, settings, true, other);
    sums.drifted += mean_of(drifting, &Step::reward, half + 400, half + 800) / seeds;
    sums.drift_best += mean_of(drifting, &Step::by_task, half + 400, half + 800) / seeds;
    sums.frozen += mean_of(frozen, &Step::reward, half + 400, half + 800) / seeds;
  }
  std::printf("online, %s, %zu requests, mean of %d orders, reward = score - 0.2 x size / 70B\n",
              set.name.c_str(), requests > 0 ? requests : set.rows.size(), seeds);
  std::printf("  reward %.4f; rules %.4f, random %.4f, best fixed %.4f, best per task %.4f, oracle %.4f\n",
              sums.reward, sums.rules, sums.random, sums.fixed, sums.task, sums.oracle);
  line("regret per request against the best per task", sums.task - sums.reward, 0.035, false);
  line("second half: share of random .. best per task", sums.half, 0.95, true);
  line("over best fixed, worst order", sums.worst_fixed, -0.005, true);
  line("regret of the first 500 after 200 outcomes of all / cold", sums.warm_all / sums.cold, 0.5, false);
  line("  ... 200 outcomes of one random model each / cold", sums.warm_one / sums.cold, 0.5, false);
  line("drift: share recovered after 400 requests",
       (sums.drifted - sums.frozen) / (sums.drift_best - sums.frozen), 0.9, true);
  line("lost with shuffled feedback", sums.shuffled, 0.05, true);
  line("against the rules alone, worst window of 500", sums.worst_rules, -0.02, true);
  print_reach(set, seeds, requests);
}

void routed(const Set& set, bool goals) {
  const auto ways = cross_validated(set);
  std::printf("offline, %s, %zu rows, five-fold\n  %-8s %8s %8s %8s %8s\n", set.name.c_str(), set.rows.size(),
              "", "quality", "gap", "AIQ", "saved");
  for (const auto& [name, scores] : {std::pair{"table", &ways.table},
                                     {"forest", &ways.forest},
                                     {"grams", &ways.grams},
                                     {"words", &ways.words},
                                     {"blend", &ways.blend}}) {
    const auto found = figures_of(set, *scores);
    std::printf("  %-8s %8.4f %8.4f %8.4f %8.4f\n", name, found.quality, found.gap, found.aiq, found.saved);
  }
  const auto found = figures_of(set, ways.forest);
  if (goals) {
    line("forest: gap from best fixed to oracle", found.gap, 0.30, true);
    line("forest: AIQ", found.aiq, 0.66, true);
    line("forest: cost saved at 99 % of best fixed quality", found.saved, 0.82, true);
    return;
  }
  Scores fixed(set.rows.size(), std::vector<double>(set.models.size(), 0));
  for (const auto& row : set.rows) {
    for (std::size_t m = 0; m < set.models.size(); ++m) fixed.front()[m] += row.scores[m];
  }
  std::fill(fixed.begin() + 1, fixed.end(), fixed.front());
  line("forest: points over best fixed", 100 * (found.quality - figures_of(set, fixed).quality), -0.5, true);
}

void weak_and_strong(const Set& set, double goal, std::size_t labels) {
  if (set.rows.empty()) return;
  const auto ways = cross_validated(set, labels);
  std::printf(
      "weak/strong, %s, %zu rows, five-fold%s: APGR table %.4f, forest %.4f, grams %.4f, blend %.4f\n",
      set.name.c_str(), set.rows.size(), labels > 0 ? ", 1,500 labels" : "", apgr(set, ways.table),
      apgr(set, ways.forest), apgr(set, ways.grams), apgr(set, ways.blend));
  line("words", apgr(set, ways.words), goal, true);
}

}  // namespace

int main(int count, char** arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // it takes minutes: each line when it is known
  const std::string data = count > 1 ? arguments[1] : "";
  std::string models = "models";
  int seeds = 10;
  std::size_t requests = 0;
  std::string only;
  Knobs knobs;
  for (int i = 2; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--online" || word == "--offline") only = word.substr(2);
    if (word == "--online" || word == "--offline" || i + 1 >= count) continue;
    const std::string value = arguments[++i];
    if (word == "--models") {
      models = value;
    } else if (word == "--only") {
      only = value;
    } else if (word == "--seeds") {
      seeds = std::max(1, std::atoi(value.c_str()));
    } else if (word == "--requests") {
      requests = static_cast<std::size_t>(std::max(0, std::atoi(value.c_str())));
    } else if (word.starts_with("--")) {
      knobs[word.substr(2)] = std::atof(value.c_str());
    }
  }
  const auto nine = nine_models(data, models);
  if (data.empty() || nine.rows.empty()) {
    std::printf(
        "learning: no data (usage: learning DATA [--models FOLDER] [--online | --offline | --only PART]); "
        "skipped\n");
    return 0;
  }
  const auto wanted = [&](const char* part) {
    return only.empty() || only == part || (only == "offline" && std::string_view(part) != "online");
  };
  if (wanted("online")) online(nine, settings_of(knobs), seeds, requests);
  if (wanted("nine")) routed(nine, true);
  if (wanted("gsm8k")) weak_and_strong(weak_strong(data, models, "gsm8k"), 0.67, 0);
  if (wanted("mmlu")) weak_and_strong(weak_strong(data, models, "mmlu"), 0.73, 0);
  if (wanted("mmlu-1500")) weak_and_strong(weak_strong(data, models, "mmlu"), 0.68, 1500);
  if (wanted("mmlu-pro")) {
    if (const auto set = mmlu_pro(data, models); !set.rows.empty()) routed(set, false);
  }
  if (wanted("together")) print_together(data, models);
  return 0;
}

// Escalation measured: how well the answer itself tells that it is wrong, and what escalating by it gains.
//   escalation DATA [--model FILE] [--json FILE] [--write FILE] [--shipped-only] [--split N]
// Prints, for each set, the figures of a five-fold cross-validation by question, and those of the shipped
// model (which was trained on the development part: on that part its figures are no evidence). `--split`
// deals the questions into other folds; the shipped file is written with 0.

#include "fit.hpp"
#include "measure.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace codecrucible;
using namespace codecrucible::escalation;

struct Goal {
  double auroc, area;
};
// From the answer alone and with a second answer; 0 = no goal set.
struct Goals {
  Goal alone, pair;
};
Goals goals_of(const std::string& set) {
  if (set.starts_with("gsm8k")) return {{0.78, 0.76}, {0, 0}};
  if (set.find("Phi") != std::string::npos) return {{0.79, 0}, {0.85, 0.71}};
  return {{0, 0}, {0, 0}};
}

nlohmann::json measured(const Set& set, const std::vector<double>& good, const char* how, const char* with,
                        const Goal& goal) {
  std::vector<double> doubt;
  std::vector<bool> bad, weak, strong;
  for (std::size_t i = 0; i < set.rows.size(); ++i) {
    doubt.push_back(-good[i]);
    weak.push_back(set.rows[i].good);
    bad.push_back(!set.rows[i].good);
    strong.push_back(set.rows[i].strong_good);
  }
  const double roc = auroc(doubt, bad), area = curve_area(doubt, weak, strong),
               ece = calibration_error(good, weak);
  const double noise = calibration_noise(good);
  std::printf("%-34s %-8s %-7s %5zu  %.4f  %.4f  %.4f  %.4f", set.name.c_str(), how, with, good.size(), roc,
              area, ece, noise);
  const bool ranks = roc >= goal.auroc && area >= goal.area, calibrated = ece <= 0.03;
  const bool has_goal = goal.auroc > 0;
  if (has_goal) {
    std::printf("  goal %.2f %.2f %s, ECE 0.03 %s", goal.auroc, goal.area, ranks ? "met" : "MISSED",
                calibrated ? "met" : "MISSED");
  }
  std::printf("\n");
  nlohmann::json line{{"set", set.name}, {"how", how},   {"with", with}, {"rows", good.size()},
                      {"auroc", roc},    {"area", area}, {"ece", ece},   {"ece_noise", noise}};
  if (has_goal)
    line.update(
        {{"goal_auroc", goal.auroc}, {"goal_area", goal.area}, {"ranks", ranks}, {"calibrated", calibrated}});
  return line;
}

nlohmann::json report(const Set& set, const Judged& judged, const char* how) {
  auto lines = nlohmann::json::array();
  const auto goals = goals_of(set.name);
  lines.push_back(measured(set, judged.alone, how, "alone", goals.alone));
  if (!set.rows.front().second.empty())
    lines.push_back(measured(set, judged.pair, how, "second", goals.pair));
  return lines;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const auto given = option(words, "--split");
  const auto split = given.empty() ? 0U : static_cast<std::uint32_t>(std::stoul(given));
  const auto sets = words.empty() ? std::vector<Set>{} : read_sets(words.front(), split);
  if (sets.empty()) {
    std::printf(
        "escalation: no data (usage: escalation DATA [--model FILE] [--json FILE] [--write FILE] "
        "[--shipped-only] [--split N]); skipped\n");
    return 0;
  }
  bool only_shipped = false;
  for (const auto& word : words) only_shipped = only_shipped || word == "--shipped-only";
  std::printf("%-34s %-8s %-7s %5s  %6s  %6s  %6s  %6s\n", "set", "how", "with", "rows", "AUROC", "area",
              "ECE", "noise");
  auto out = nlohmann::json::array();
  const auto began = std::chrono::steady_clock::now();
  confidence::Weights trained;
  const auto model_file = option(words, "--model");
  std::ifstream file(model_file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto shipped = confidence::read_weights(bytes);
  if (!model_file.empty() && !shipped)
    std::printf("%s: %s\n", model_file.c_str(), shipped.error().detail.c_str());

  for (const auto kind : {confidence::Comparable::number, confidence::Comparable::choice}) {
    std::vector<const Set*> same;
    for (const auto& set : sets) {
      if (set.kind == kind) same.push_back(&set);
    }
    if (same.empty()) continue;
    const bool number = kind == confidence::Comparable::number;
    const Fitting fitting(same);
    if (!only_shipped) {
      std::vector<Judged> judged(same.size());
      for (int fold = 0; fold < 5; ++fold) {
        const auto head = fitting.fit(fold);
        for (std::size_t i = 0; i < same.size(); ++i) fitting.judge(head, *same[i], fold, judged[i]);
      }
      for (std::size_t i = 0; i < same.size(); ++i) {
        for (auto& line : report(*same[i], judged[i], "5-fold")) out.push_back(std::move(line));
      }
    }
    if (shipped) {
      for (const auto* set : same) {
        Judged judged;
        fitting.judge(number ? shipped->number : shipped->choice, *set, -1, judged);
        for (auto& line : report(*set, judged, "shipped")) out.push_back(std::move(line));
      }
    }
    if (!option(words, "--write").empty()) (number ? trained.number : trained.choice) = fitting.fit(-1);
  }
  if (const auto path = option(words, "--write"); !path.empty()) {
    const auto text = confidence::written(trained);
    std::ofstream(path, std::ios::binary) << text;
    std::printf("wrote %s, %zu bytes\n", path.c_str(), text.size());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (const auto path = option(words, "--json"); !path.empty()) std::ofstream(path) << out.dump(2) << '\n';
  std::printf("%s\n%.1f s\n", out.dump().c_str(), seconds);
  return 0;
}

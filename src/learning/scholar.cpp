#include "learning/scholar.hpp"

#include <algorithm>

namespace codecrucible::learning {
namespace {

constexpr double judged_weight = 0.25;
constexpr double unknown_prior = 0.7;  // of a model that the fleet no longer has

BanditSettings bandit_settings(const Settings& settings) {
  BanditSettings out;
  out.algorithm = settings.algorithm;
  out.forgetting = settings.forgetting;
  // The router's expectations are nearer to the truth for a developer's requests than for examinations: what
  // differs is rather a model than all of them.
  out.spread = {.level = 0.15,
                .arm = 0.2,
                .task = 0.15,
                .complexity = 0.05,
                .arm_task = 0.15,
                .arm_complexity = 0.05,
                .noise = 0.4};
  return out;
}

double prior_of(const std::map<std::string, Cells>& priors, const std::string& model, std::size_t task,
                std::size_t complexity) {
  const auto found = priors.find(model);
  return found == priors.end() ? unknown_prior : found->second[task][complexity];
}

double weight_of(const std::vector<history::Signal>& signals, const std::string& model) {
  double weight = 0;
  for (const auto& signal : signals) {
    if (signal.model.empty() || signal.model == model) weight += signal.weight;
  }
  return std::clamp(weight, 0.05, 1.0);
}

// How it was judged, and what came of the rule that chose. A conversation that stayed where it was and what
// was tried to learn were not the rule's choice.
void add_choice(const history::Kept& kept, Lesson& lesson) {
  const auto& record = kept.record;
  lesson.judged = record.confidence;
  lesson.escalated = record.escalated && record.attempts.size() > 1;
  if (record.ranked.empty() || record.explored || record.features.stayed) return;
  const auto& chosen = record.ranked.front().model;
  lesson.rule = record.rule;
  if (chosen == lesson.model) {
    lesson.rule_quality = lesson.quality;
    lesson.rule_weight = lesson.weight;
  } else if (const auto said = history::reward(kept.signals, chosen)) {
    lesson.rule_quality = *said;
    lesson.rule_weight = weight_of(kept.signals, chosen);
  }
}

// Of what the judge alone says nothing is learned about the judge.
void learn_threshold(const Lesson& lesson, double expected, double keep, Thresholds& thresholds) {
  if (!lesson.spoken || (!lesson.escalated && lesson.judged < 0)) return;
  thresholds.fade(lesson.task, keep);
  if (lesson.escalated) {
    thresholds.escalated(lesson.task, expected, lesson.quality, lesson.weight);
  } else {
    thresholds.saw(lesson.task, lesson.judged, lesson.quality, lesson.weight);
  }
}

constexpr std::string_view more = "\nmore-1 ";  // what follows the bandit in a state

}  // namespace

std::optional<Lesson> lesson_of(const history::Kept& kept) {
  const auto& record = kept.record;
  if (!record.features.classified || record.attempts.empty()) return std::nullopt;
  if (record.source != history::Source::backend) return std::nullopt;
  Lesson lesson;
  lesson.model = record.attempts.back().model;
  lesson.task = record.features.task;
  lesson.complexity = record.features.complexity;
  if (const auto said = history::reward(kept.signals, lesson.model)) {
    lesson.quality = *said;
    lesson.weight = weight_of(kept.signals, lesson.model);
    lesson.spoken = true;
  } else {
    if (record.failure || record.confidence < 0) return std::nullopt;
    lesson.quality = std::min(record.confidence, 1.0);
    lesson.weight = judged_weight;
  }
  if (!record.concrete) add_choice(kept, lesson);
  return lesson;
}

Scholar::Scholar(const Settings& settings)
    : algorithm_(settings.algorithm),
      reach_(settings.threshold_reach),
      forgetting_(settings.forgetting),
      learns_rules_(settings.rule_confidence),
      bandit_({core::task_type_count, core::complexity_count, 0}, bandit_settings(settings)) {}

void Scholar::learn(const Lesson& lesson, const std::map<std::string, Cells>& priors) {
  const auto task = static_cast<std::size_t>(lesson.task);
  const auto complexity = static_cast<std::size_t>(lesson.complexity);
  // Models that nobody tried yet have a part in what is true of all.
  for (const auto& [model, cells] : priors) bandit_.arm(model);
  const double prior = prior_of(priors, lesson.model, task, complexity);
  bandit_.learn({bandit_.arm(lesson.model), prior, 0}, {task, complexity, {}}, lesson.quality, lesson.weight);
  learn_threshold(lesson, prior, forgetting_, thresholds_);
  rules_.learn(lesson.rule, lesson.rule_quality, lesson.rule_weight, forgetting_);
}

std::string Scholar::written() const {
  std::string out = bandit_.written();
  out += more;
  thresholds_.write(out);
  rules_.write(out);
  return out;
}

bool Scholar::read(std::string_view text) {
  const auto at = text.find(more);
  Thresholds thresholds;
  RuleWords rules;
  if (at != std::string_view::npos) {
    Words words(text.substr(at + more.size()));
    if (!thresholds.read(words) || !rules.read(words)) return false;
  }
  if (!bandit_.read(text.substr(0, at))) return false;
  thresholds_ = thresholds;
  rules_ = std::move(rules);
  return true;
}

// The router mixes (prior × prior_weight + mean × weight) / (prior_weight + weight). With k the known share,
// weight = prior_weight × k / (1 - k) and mean = prior + (belief - prior) / k this is the belief's mean.
std::shared_ptr<const router::QualityTable> Scholar::table(const std::map<std::string, Cells>& priors,
                                                           const router::Settings& routing) const {
  const double prior_weight = routing.utility.prior_weight;
  constexpr double least_known = 0.02, most_known = 0.99;
  auto table = std::make_shared<router::QualityTable>();
  table->trial = algorithm_ == Algorithm::linucb ? router::Trial::linucb : router::Trial::thompson;
  for (std::size_t task = 0; task < core::task_type_count; ++task) {
    const auto found = threshold(static_cast<core::TaskType>(task), routing.escalation_threshold);
    if (found) table->thresholds[task] = static_cast<float>(*found);
  }
  if (learns_rules_) {
    for (const auto& [rule, kept] : rules_.rules())
      table->set_rule(rule, {static_cast<float>(kept.share()), static_cast<float>(kept.weight)});
  }
  const auto& arms = bandit_.arms();
  for (std::size_t arm = 0; arm < arms.size(); ++arm) {
    const auto found = priors.find(arms[arm]);
    if (found == priors.end()) continue;
    for (std::size_t task = 0; task < core::task_type_count; ++task) {
      for (std::size_t complexity = 0; complexity < core::complexity_count; ++complexity) {
        const Situation situation{task, complexity, {}};
        const double known = std::min(bandit_.known(arm, situation), most_known);
        const double prior = found->second[task][complexity];
        router::QualityTable::Cell cell;
        cell.doubt = static_cast<float>(bandit_.doubt(arm, situation));
        if (known >= least_known) {
          const double belief = std::clamp(bandit_.expect({arm, prior, 0}, situation).mean, 0.0, 1.0);
          cell.mean = static_cast<float>(prior + (belief - prior) / known);
          cell.weight = static_cast<float>(std::max(prior_weight, 1e-3) * known / (1 - known));
        }
        table->set({}, arms[arm], static_cast<core::TaskType>(task),
                   static_cast<core::Complexity>(complexity), cell);
      }
    }
  }
  return table;
}

}  // namespace codecrucible::learning

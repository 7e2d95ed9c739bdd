#include "gateway/learning_desk.hpp"

#include "gateway/learning_state.hpp"
#include "gateway/state_files.hpp"

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;
using std::chrono::system_clock;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::int64_t seconds(system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

json release_json(const learning::Release& release) {
  const auto found = learning::report(release);
  return {{"strategy", learning::name(release.settings().strategy)},
          {"stage", learning::name(release.stage())},
          {"percentage", release.percentage()},
          {"current", release.current()},
          {"candidate", release.candidate()},
          {"reason", release.reason()},
          {"rated", {{"current", found.current}, {"candidate", found.candidate}}},
          {"quality_difference",
           {{"value", found.quality.value}, {"low", found.quality.low}, {"high", found.quality.high}}},
          {"failures_difference", found.failures},
          {"p95_ratio", found.p95_ratio},
          {"verdict", found.verdict}};
}

json thresholds_json(const learning::Scholar& scholar, const router::Settings& routing) {
  json tasks = json::object();
  for (std::size_t i = 0; i < core::task_type_count; ++i) {
    const auto task = static_cast<core::TaskType>(i);
    const double general = routing.escalation_threshold;
    const auto seen = scholar.thresholds().view(task);
    tasks[std::string(core::name(task))] = {
        {"configured", general},     {"learned", scholar.threshold(task, general).value_or(general)},
        {"judge_shift", seen.shift}, {"gain_of_stronger", seen.gain},
        {"judged", seen.judged},     {"escalated", seen.escalated}};
  }
  return tasks;
}

// Of the rules as they are configured now; those that are gone are left out.
json rules_json(const learning::Scholar& scholar, const config::Settings& settings) {
  json rules = json::array();
  router::QualityTable table;
  const auto& heard = scholar.rules().rules();
  for (std::size_t i = 0; i < settings.routing.rules.size(); ++i) {
    const auto& rule = settings.routing.rules[i];
    const auto name = router::name_of(rule, i);
    const auto found = heard.find(name);
    if (found == heard.end()) continue;
    const auto& kept = found->second;
    table.set_rule(name, {static_cast<float>(kept.share()), static_cast<float>(kept.weight)});
    const double configured = rule.confidence.value_or(router::default_rule_confidence);
    const double learned = table.rule_confidence(name, configured);
    rules.push_back({{"rule", name},
                     {"configured", configured},
                     {"learned", settings.learning.rule_confidence ? learned : configured},
                     {"good", kept.share()},
                     {"words", kept.words}});
  }
  return rules;
}

}  // namespace

LearningDesk::LearningDesk(const config::Settings& settings, SnapshotStore& snapshots, FleetDesk& fleet,
                           telemetry::Log& log)
    : snapshots_(snapshots), fleet_(fleet), log_(log), timer_(thread_) {
  if (!settings.learning.enabled || !settings.history.enabled) return;
  auto shelf = learning::Shelf::open(state_directory(settings) + "/policies.db");
  if (!shelf) {
    log_.warn("learning is off: its file cannot be opened", {{"reason", shelf.error().detail}});
    return;
  }
  state_ = std::make_unique<State>(settings, std::move(*shelf));
}

LearningDesk::~LearningDesk() {
  stop();
}

void LearningDesk::start() {
  if (state_ == nullptr) return;
  boost::asio::post(thread_, [this] {
    state_->bring_back();
    turn();
    arm_timer();
  });
}

void LearningDesk::stop() {
  if (stopped_.exchange(true)) return;
  boost::asio::post(thread_, [this] { timer_.cancel(); });
  thread_.join();
}

void LearningDesk::arm_timer() {
  if (stopped_) return;
  // As long as no backend has told of its models, there is nobody to have learned about.
  constexpr std::chrono::milliseconds soon{500};
  const auto pause = state_->settings.learning.snapshot;
  timer_.expires_after(state_->priors.empty() ? std::min(pause, soon) : pause);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    turn();
    arm_timer();
  });
}

void LearningDesk::apply(const config::Settings& settings) {
  if (state_ == nullptr) return;
  boost::asio::post(thread_, [this, settings] {
    state_->settings = settings;
    turn();
  });
}

void LearningDesk::turn() {
  auto& state = *state_;
  const auto now = system_clock::now();
  const bool enabled = state.settings.learning.enabled;
  state.priors = learning::priors_of(state.settings.routing, *fleet_.view());
  const auto stage = state.release.stage();
  bool moved = enabled && state.read_history(now);
  if (enabled && state.changed) {
    const auto kept = state.keep(now);
    if (!kept) log_.warn("what was learned could not be kept", {{"reason", kept.error().detail}});
    if (kept && state.following && state.release.stage() == learning::Stage::released) {
      if (state.release.candidate() == 0) {
        // What was learned first has to prove itself against the rules.
        state.release =
            learning::Release(learning::release_settings(state.settings.learning), 0, state.newest, now);
      }
      moved = true;
    }
  }
  if (stage != learning::Stage::rolled_back && state.release.stage() == learning::Stage::rolled_back) {
    state.following = false;
    state.rollbacks += 1;
    log_.warn("policy rolled back", {{"reason", state.release.reason()}});
    moved = true;
  }
  if (moved)
    log_.info("policy",
              {{"stage", learning::name(state.release.stage())}, {"reason", state.release.reason()}});
  state.note();
  // While it follows, the candidate is always the newest state.
  const auto shown = [&](std::uint64_t number) {
    return number != 0 && state.following && number == state.release.candidate() ? state.newest : number;
  };
  const auto current = shown(state.release.in_force());
  const auto candidate = shown(state.release.candidate());
  const auto current_table = state.table_of(enabled ? current : 0);
  const auto candidate_table = state.table_of(enabled ? candidate : 0);
  const bool comparing = enabled && state.release.stage() == learning::Stage::running && candidate_table;
  const auto release = comparing ? std::make_shared<const learning::Release>(state.release) : nullptr;
  const auto offsets = enabled ? state.offsets.table() : nullptr;
  snapshots_.change([&](Snapshot& snapshot) {
    snapshot.policy.learned = current_table ? *current_table : nullptr;
    snapshot.policy_version = enabled && current_table ? current : 0;
    snapshot.candidate = snapshot.policy;
    snapshot.candidate.learned = candidate_table ? *candidate_table : nullptr;
    snapshot.candidate_version = comparing ? candidate : 0;
    snapshot.release = release;
    snapshot.offsets = offsets;
  });
  const std::scoped_lock lock(mutex_);
  numbers_ = {static_cast<double>(current),
              comparing ? static_cast<double>(candidate) : 0,
              comparing ? state.release.percentage() : 0,
              static_cast<double>(state.scholar.bandit().outcomes()),
              static_cast<double>(state.scholar.bandit().alarms()),
              state.requests,
              state.explored,
              state.regret,
              state.rollbacks,
              state.activations};
}

void LearningDesk::list(Answer answer) {
  if (state_ == nullptr)
    return answer(
        core::fail(core::Cause::not_found, "learning is off; learning.enabled: true switches it on"));
  boost::asio::post(thread_, [this, answer = std::move(answer)] {
    json versions = json::array();
    for (const auto& version : state_->shelf.list()) {
      versions.push_back({{"number", version.number},
                          {"at", seconds(version.at)},
                          {"outcomes", version.outcomes},
                          {"alarms", version.alarms},
                          {"in_force", version.number == state_->release.in_force()}});
    }
    json offsets = json::object();
    for (const auto& [model, offset] : state_->offsets.offsets())
      offsets[model] = {{"shift", offset.shift()}, {"outcomes", offset.outcomes()}};
    answer(dumped({{"in_force", state_->release.in_force()},
                   {"newest", state_->newest},
                   {"following", state_->following},
                   {"release", release_json(state_->release)},
                   {"confidence_offsets", offsets},
                   {"policies", versions}}));
  });
}

void LearningDesk::show(std::uint64_t number, Answer answer) {
  if (state_ == nullptr)
    return answer(
        core::fail(core::Cause::not_found, "learning is off; learning.enabled: true switches it on"));
  boost::asio::post(thread_, [this, number, answer = std::move(answer)] {
    const auto text = state_->shelf.state(number);
    if (!text) return answer(text.error());
    learning::Scholar scholar(state_->settings.learning);
    if (!scholar.read(*text))
      return answer(core::fail(core::Cause::unsupported, "this policy is of another form"));
    json models = json::object();
    for (const auto& [model, cells] : state_->priors) {
      const auto& arms = scholar.bandit().arms();
      const auto arm = static_cast<std::size_t>(std::find(arms.begin(), arms.end(), model) - arms.begin());
      if (arm == arms.size()) continue;
      json tasks = json::object();
      for (std::size_t task = 0; task < core::task_type_count; ++task) {
        json one = json::object();
        for (std::size_t complexity = 0; complexity < core::complexity_count; ++complexity) {
          const auto worth =
              scholar.bandit().expect({arm, cells[task][complexity], 0}, {task, complexity, {}});
          one[std::string(core::name(static_cast<core::Complexity>(complexity)))] = {
              {"rules", cells[task][complexity]},
              {"learned", std::clamp(worth.mean, 0.0, 1.0)},
              {"deviation", worth.deviation}};
        }
        tasks[std::string(core::name(static_cast<core::TaskType>(task)))] = one;
      }
      models[model] = tasks;
    }
    answer(dumped({{"number", number},
                   {"outcomes", scholar.bandit().outcomes()},
                   {"alarms", scholar.bandit().alarms()},
                   {"models", models},
                   {"escalation_thresholds", thresholds_json(scholar, state_->settings.routing)},
                   {"rules", rules_json(scholar, state_->settings)}}));
  });
}

void LearningDesk::activate(std::uint64_t number, std::optional<learning::Strategy> strategy, Answer answer) {
  if (state_ == nullptr)
    return answer(
        core::fail(core::Cause::not_found, "learning is off; learning.enabled: true switches it on"));
  boost::asio::post(thread_, [this, number, strategy, answer = std::move(answer)]() mutable {
    const auto table = state_->table_of(number);
    if (!table) return answer(table.error());
    auto settings = learning::release_settings(state_->settings.learning);
    settings.strategy = strategy.value_or(learning::Strategy::immediate);
    state_->activations += 1;
    const bool following = std::exchange(state_->following, false);
    state_->before =
        following && state_->release.in_force() != 0 ? state_->newest : state_->release.in_force();
    state_->release = learning::Release(settings, state_->before, number, system_clock::now());
    turn();
    list(std::move(answer));
  });
}

void LearningDesk::roll_back(Answer answer) {
  if (state_ == nullptr)
    return answer(
        core::fail(core::Cause::not_found, "learning is off; learning.enabled: true switches it on"));
  boost::asio::post(thread_, [this, answer = std::move(answer)]() mutable {
    auto& state = *state_;
    if (state.release.stage() == learning::Stage::rolled_back)
      return answer(
          core::fail(core::Cause::bad_request, "it is rolled back already: " + state.release.reason()));
    const auto& release = state.release;
    const bool nothing_else = release.candidate() == 0 && release.current() == 0;
    if (nothing_else && release.stage() == learning::Stage::released)
      return answer(core::fail(core::Cause::bad_request,
                               "the rules alone are in force, there is nothing to take back"));
    state.following = false;
    state.release.roll_back("by hand", system_clock::now());
    state.rollbacks += 1;
    turn();
    list(std::move(answer));
  });
}

void LearningDesk::follow(Answer answer) {
  if (state_ == nullptr)
    return answer(
        core::fail(core::Cause::not_found, "learning is off; learning.enabled: true switches it on"));
  boost::asio::post(thread_, [this, answer = std::move(answer)]() mutable {
    auto& state = *state_;
    const auto current = state.release.in_force();
    state.following = true;
    auto settings = learning::release_settings(state.settings.learning);
    // With nothing learned yet the rules stay in force; the first version is released when it is there.
    if (state.newest == 0) settings.strategy = learning::Strategy::immediate;
    state.release = learning::Release(settings, current, state.newest, system_clock::now());
    turn();
    list(std::move(answer));
  });
}

void LearningDesk::learn_now(Answer answer) {
  if (state_ == nullptr)
    return answer(
        core::fail(core::Cause::not_found, "learning is off; learning.enabled: true switches it on"));
  boost::asio::post(thread_, [this, answer = std::move(answer)]() mutable {
    turn();
    list(std::move(answer));
  });
}

void LearningDesk::add_samples(std::vector<telemetry::Sample>& samples) const {
  Numbers numbers;  // zeros while learning is off
  {
    const std::scoped_lock lock(mutex_);
    numbers = numbers_;
  }
  telemetry::add_sample(samples, "policy_version", "Learned policy in force; 0: the rules alone", false,
                        numbers.version);
  telemetry::add_sample(samples, "policy_candidate_version", "Learned policy under release; 0: none", false,
                        numbers.candidate);
  telemetry::add_sample(samples, "policy_candidate_percentage",
                        "Requests that the policy under release decides", false, numbers.percentage);
  telemetry::add_sample(samples, "policy_rollbacks_total", "Releases of policies that were rolled back", true,
                        numbers.rollbacks);
  telemetry::add_sample(samples, "policy_activations_total",
                        "Policies that somebody brought into force or began to release", true,
                        numbers.activations);
  telemetry::add_sample(samples, "learning_outcomes", "Words about answers that the learned state holds",
                        false, numbers.outcomes);
  telemetry::add_sample(samples, "learning_alarms", "Models noticed to have changed", false, numbers.alarms);
  telemetry::add_sample(samples, "learning_requests_total",
                        "Requests with a choice of models, as read from the history", true, numbers.requests);
  telemetry::add_sample(samples, "learning_explored_total",
                        "Of these, sent elsewhere than to the best, to learn", true, numbers.explored);
  telemetry::add_sample(samples, "learning_regret_proxy_total", "Expected utility given up by exploring",
                        true, numbers.regret);
}

}  // namespace codecrucible::gateway

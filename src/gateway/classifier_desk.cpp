#include "gateway/classifier_desk.hpp"

#include "classifier/model.hpp"
#include "gateway/state_files.hpp"

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;
using std::chrono::system_clock;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
}

// This thread yields to every other: the lowest priority that still gets on where the machine is never idle.
void step_back() {
  constexpr int last = 19;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), last));
}

core::Failure learning_off() {
  return core::fail(core::Cause::not_found, "learning is off; learning.enabled: true switches it on");
}

}  // namespace

ClassifierDesk::ClassifierDesk(const config::Settings& settings, SnapshotStore& snapshots,
                               telemetry::Log& log)
    : snapshots_(snapshots),
      log_(log),
      settings_(settings),
      shelf_(state_directory(settings) + "/classifiers"),
      timer_(thread_) {}

ClassifierDesk::~ClassifierDesk() {
  stop();
}

void ClassifierDesk::open() {
  if (!active()) return;
  const auto opened = shelf_.open();
  if (!opened) log_.warn("trained classifiers cannot be read", {{"reason", opened.error().detail}});
  numbers_.newest = shelf_.kept().empty() ? 0 : static_cast<double>(shelf_.kept().front().number);
  const auto number = shelf_.in_use();
  if (number == 0) return;
  const auto used = use(number);
  if (!used) log_.warn("the trained classifier is not in use", {{"reason", used.error().detail}});
}

void ClassifierDesk::put_into(Snapshot& snapshot) const {
  const auto& wanted = snapshot.settings;
  if (!wanted.learning.enabled || wanted.classifier.parser_type == classifier::ParserType::rule_based) return;
  const std::scoped_lock lock(mutex_);
  if (model_ != nullptr) snapshot.layers.model = model_;
}

void ClassifierDesk::start() {
  boost::asio::post(thread_, [this] { arm_timer(); });
}

void ClassifierDesk::stop() {
  if (stopped_.exchange(true)) return;
  boost::asio::post(thread_, [this] { timer_.cancel(); });
  thread_.join();
  if (trainer_.joinable()) trainer_.join();
}

void ClassifierDesk::arm_timer() {
  timer_.cancel();
  const auto every = settings_.learning.retrain.every;
  if (stopped_ || !active() || every.count() == 0) return;
  // A restart does not put it off: what counts is when the last round was.
  const auto last = system_clock::time_point(std::chrono::seconds(shelf_.round().at));
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(system_clock::now() - last);
  timer_.expires_after(
      shelf_.round().at == 0 ? every : std::clamp(every - passed, std::chrono::milliseconds(0), every));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    begin_round(settings_.learning.retrain.least_new);
  });
}

void ClassifierDesk::apply(const config::Settings& settings) {
  boost::asio::post(thread_, [this, settings] {
    settings_ = settings;
    if (!training_) arm_timer();
  });
}

void ClassifierDesk::begin_round(std::size_t least) {
  training_ = true;
  begun_with_ = shelf_.in_use();
  if (trainer_.joinable()) trainer_.join();  // that of the round before, which is over
  learning::RetrainPlan plan;
  plan.data = settings_.learning.retrain.data;
  plan.vectors_file = settings_.classifier.vectors_file;
  plan.in_use = snapshots_.current()->layers;
  plan.stop = [this] { return stopped_.load(); };
  const auto enough = shelf_.round().labelled + least;
  trainer_ = std::thread([this, plan = std::move(plan), enough, ledger = history_file(settings_)]() mutable {
    step_back();
    auto labelled = learning::labelled_in(ledger);
    core::Result<learning::Retrained> found = learning::Retrained{};
    if (!labelled) {
      found = labelled.error();
    } else if (labelled->size() < enough) {
      found->labelled = labelled->size();
    } else {
      plan.labelled = std::move(*labelled);
      found = learning::retrain(plan);
    }
    boost::asio::post(thread_, [this, found = std::move(found)]() mutable { end_round(std::move(found)); });
  });
}

void ClassifierDesk::end_round(core::Result<learning::Retrained> found) {
  training_ = false;
  if (stopped_) return;
  ClassifierShelf::Round round{unix_seconds(), shelf_.round().labelled, {}};
  bool learned = false;
  if (!found) {
    round.said = found.error().detail;
    log_.warn("the classifier was not trained", {{"reason", round.said}});
  } else if (found->held == 0 && found->learned == 0) {
    round.said = "too few new labels: " + std::to_string(found->labelled) + " in all";
  } else if (found->verdict == learning::RetrainVerdict::too_few) {
    round.said = "too few labelled prompts to hold back and judge by: " + std::to_string(found->held);
  } else {
    round.labelled = found->labelled;
    learned = found->verdict == learning::RetrainVerdict::better;
    round.said = learned ? "better on the prompts held back" : "not surely better on the prompts held back";
  }
  if (learned) {
    ClassifierShelf::Kept about;
    about.at = round.at;
    about.learned = found->learned;
    about.held = found->held;
    about.before = found->before;
    about.after = found->after;
    const auto number = shelf_.keep(about, found->model);
    // It was compared with the model that was in use then.
    const bool comes = settings_.learning.retrain.activate && shelf_.in_use() == begun_with_;
    if (!number) {
      round.said = number.error().detail;
    } else if (comes) {
      const auto used = use(*number);
      round.said += used ? ": in use" : ": " + used.error().detail;
    } else {
      round.said += ": offered (codecrucible classifier activate " + std::to_string(*number) + ")";
    }
  }
  log_.info("classifier", {{"round", round.said}});
  shelf_.note(std::move(round));
  {
    const std::scoped_lock lock(mutex_);
    numbers_.newest = shelf_.kept().empty() ? 0 : static_cast<double>(shelf_.kept().front().number);
    numbers_.rounds += 1;
  }
  arm_timer();
}

// Loads before anything is changed, so that a file that cannot be read changes nothing.
core::Result<void> ClassifierDesk::use(std::uint64_t number) {
  if (!shelf_.has(number))
    return core::fail(core::Cause::not_found, "there is no trained classifier " + std::to_string(number));
  const auto& own = settings_.classifier;
  const auto file = number == 0 ? own.model_file : shelf_.file_of(number);
  auto model = classifier::load_model(file, own.vectors_file);
  if (!model) return model.error();
  const auto put = shelf_.put_in_use(number);
  if (!put) return put.error();
  {
    const std::scoped_lock lock(mutex_);
    model_ = number == 0 ? nullptr : *model;
    numbers_.in_use = static_cast<double>(number);
    numbers_.newest = shelf_.kept().empty() ? 0 : static_cast<double>(shelf_.kept().front().number);
  }
  if (snapshots_.current() == nullptr) return {};  // before the start
  const auto rules_alone = own.parser_type == classifier::ParserType::rule_based;
  snapshots_.change([&](Snapshot& snapshot) {
    if (!rules_alone) snapshot.layers.model = *model;
  });
  return {};
}

std::string ClassifierDesk::page() const {
  json models = json::array();
  for (const auto& one : shelf_.kept()) {
    models.push_back(written(one));
    models.back()["in_use"] = one.number == shelf_.in_use();
  }
  return json({{"in_use", shelf_.in_use()},
               {"before", shelf_.before()},
               {"training", training_},
               {"every_ms", settings_.learning.retrain.every.count()},
               {"activate", settings_.learning.retrain.activate},
               {"last_round", written(shelf_.round())},
               {"classifiers", models}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

void ClassifierDesk::order(Answer answer, std::function<core::Result<void>()> what) {
  boost::asio::post(thread_, [this, answer = std::move(answer), what = std::move(what)] {
    if (!active()) return answer(learning_off());
    const auto done = what();
    if (!done) return answer(done.error());
    answer(page());
  });
}

void ClassifierDesk::list(Answer answer) {
  order(std::move(answer), [] { return core::Result<void>(); });
}

void ClassifierDesk::activate(std::uint64_t number, Answer answer) {
  order(std::move(answer), [this, number] { return use(number); });
}

void ClassifierDesk::roll_back(Answer answer) {
  order(std::move(answer), [this]() -> core::Result<void> {
    if (shelf_.before() == shelf_.in_use())
      return core::fail(core::Cause::bad_request, "no other classifier was in use before");
    return use(shelf_.before());
  });
}

void ClassifierDesk::train(Answer answer) {
  order(std::move(answer), [this]() -> core::Result<void> {
    if (training_) return core::fail(core::Cause::bad_request, "a round is under way already");
    timer_.cancel();
    begin_round(0);
    return {};
  });
}

void ClassifierDesk::add_samples(std::vector<telemetry::Sample>& samples) const {
  Numbers numbers;
  {
    const std::scoped_lock lock(mutex_);
    numbers = numbers_;
  }
  telemetry::add_sample(samples, "classifier_version",
                        "Trained classifier in use; 0: the configuration's file", false, numbers.in_use);
  telemetry::add_sample(samples, "classifier_newest",
                        "Newest trained classifier that is offered or in use; 0: none", false,
                        numbers.newest);
  telemetry::add_sample(samples, "classifier_rounds_total", "Rounds of training that ended", true,
                        numbers.rounds);
}

}  // namespace codecrucible::gateway

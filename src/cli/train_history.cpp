#include "cli/train_history.hpp"

#include "classifier/binary.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/local_view.hpp"
#include "config/load.hpp"
#include "gateway/state_files.hpp"
#include "learning/retraining.hpp"

#include <iostream>

namespace codecrucible::cli {
namespace {

int refused(const std::string& why) {
  std::cerr << "error: " << why << '\n';
  return Exit::failed;
}

void say(const char* who, const learning::Exam& exam) {
  std::cout << "  " << who << "type " << 100 * exam.type << " %, complexity " << 100 * exam.complexity
            << " %\n";
}

}  // namespace

int train_from_history(const TrainCommand& command) {
  config::Settings settings;
  const auto path = config_path(command.config);
  auto loaded = path.empty()
                    ? config::load(config::Source{"built-in defaults", config::documented_defaults()},
                                   config::surroundings_of(path))
                    : config::load_file(path, config::surroundings_of(path));
  if (!loaded.settings) return refused(path + " has mistakes (codecrucible config check)");
  settings = std::move(*loaded.settings);
  find_model_files(settings.classifier);

  auto labelled = learning::labelled_in(gateway::history_file(settings));
  if (!labelled) return refused(labelled.error().detail);
  learning::RetrainPlan plan;
  plan.labelled = std::move(*labelled);
  plan.data = command.data;
  plan.vectors_file = settings.classifier.vectors_file;
  std::string trouble;
  plan.in_use = layers_of(settings.classifier, trouble);
  const auto found = learning::retrain(plan);
  if (!found) return refused(found.error().detail);
  std::cout << found->labelled << " labelled prompts in the history: " << found->learned << " to learn from, "
            << found->held << " held back; left out: " << found->repeated << " repeated, "
            << found->contradicted << " contradicted, " << found->unfit << " too short or too long, "
            << found->surplus << " beyond what balances the kinds of tasks\n";
  if (found->verdict == learning::RetrainVerdict::too_few) {
    return refused(
        "at least " + std::to_string(plan.fewest_held) +
        " labelled prompts have to be held back to judge by; label more (codecrucible feedback ID good "
        "--label debugging/complex, with history.storeContent: full)");
  }
  std::cout << "on the " << found->held << " prompts held back:\n";
  say("in use: ", found->before);
  say("new:    ", found->after);
  if (found->verdict != learning::RetrainVerdict::better) {
    std::cout << "Not surely better: the model in use stays, nothing was written.\n";
    return Exit::ok;
  }
  if (command.out.empty()) {
    std::cout
        << "Better. Say --out FILE to have it written; the gateway takes it as routing.classifierModel.\n";
    return Exit::ok;
  }
  const auto written = classifier::write_file(command.out, found->model);
  if (!written) return refused("cannot write " + command.out + ": " + written.error().detail);
  std::cout << "Better: written to " << command.out << '\n';
  return Exit::ok;
}

}  // namespace codecrucible::cli

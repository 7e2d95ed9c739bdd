#include "cli/train_history.hpp"

#include "classifier/classify.hpp"
#include "classifier/harvest.hpp"
#include "classifier/report.hpp"
#include "classifier/train.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/local_view.hpp"
#include "config/load.hpp"
#include "core/arena.hpp"
#include "gateway/state_files.hpp"
#include "history/reader.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

namespace codecrucible::cli {
namespace {

namespace files = std::filesystem;
using classifier::Labelled;

constexpr double held_share = 0.25;
constexpr std::size_t fewest_held = 20;  // below it nothing can be told
constexpr std::uint64_t seed = 1;

int refused(const std::string& why) {
  std::cerr << "error: " << why << '\n';
  return Exit::failed;
}

// Newest first. A label is a word of a person (`codecrucible feedback ID good --label debugging/complex`) or
// of a stronger model that a program asked; the last one counts.
core::Result<std::vector<Labelled>> labelled_in(const std::string& file) {
  const auto reader = history::open_reader(file);
  if (!reader) return reader.error();
  std::vector<Labelled> out;
  history::Filter filter;
  filter.limit = 0;
  const auto done = (*reader)->read(filter, [&](const history::Kept& kept) {
    const auto& record = kept.record;
    if (record.prompt.empty()) return true;
    std::optional<classifier::Label> label;
    for (const auto& signal : kept.signals) {
      if (auto said = classifier::label_of(signal.label)) label = said;
    }
    if (!label) return true;
    Labelled one;
    one.prompt = classifier::last_question(record.prompt);
    one.type = label->type;
    one.complexity = label->complexity.value_or(record.features.complexity);
    if (!label->complexity && !record.features.classified) return true;
    out.push_back(std::move(one));
    return true;
  });
  if (!done) return done.error();
  return out;
}

// A file of its own that goes when this does.
struct Scratch {
  explicit Scratch(const std::string& ending)
      : path((files::temp_directory_path() / ("codecrucible-train-" + std::to_string(getpid()) + ending))
                 .string()) {}
  ~Scratch() {
    std::error_code ignored;
    files::remove(path, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string path;
};

core::Result<void> write_rows(const std::string& file, const std::vector<Labelled>& rows) {
  std::ofstream out(file, std::ios::binary);
  files::permissions(file, files::perms::owner_read | files::perms::owner_write);
  for (const auto& row : rows) {
    const nlohmann::json line = {
        {"prompt", row.prompt}, {"type", core::name(row.type)}, {"complexity", core::name(row.complexity)}};
    out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }
  out.close();
  if (!out) return core::fail(core::Cause::internal, "cannot write " + file);
  return {};
}

struct Exam {
  std::vector<classifier::Judged> judged;
  std::vector<bool> right;  // of the type
};

Exam examined(const std::vector<Labelled>& rows, const classifier::Layers& layers) {
  Exam exam;
  for (const auto& row : rows) {
    core::Arena arena;
    core::ChatRequest request(arena);
    core::Message message(request.messages.get_allocator());
    core::Part part;
    part.text = row.prompt;
    message.parts.push_back(part);
    request.messages.push_back(std::move(message));
    const auto verdict = classifier::classify(request, layers);
    exam.judged.push_back({row.type, verdict.type, row.complexity, verdict.complexity, verdict.confidence});
    exam.right.push_back(verdict.type == row.type);
  }
  return exam;
}

void say(const char* who, const classifier::Measures& measures) {
  std::cout << "  " << who << "type " << 100 * measures.type_accuracy << " %, complexity "
            << 100 * measures.complexity_accuracy << " %\n";
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

  const auto labelled = labelled_in(gateway::history_file(settings));
  if (!labelled) return refused(labelled.error().detail);
  const auto found = classifier::harvest(*labelled, held_share, seed);
  std::cout << labelled->size() << " labelled prompts in the history: " << found.learn.size()
            << " to learn from, " << found.held.size() << " held back; left out: " << found.repeated
            << " repeated, " << found.contradicted << " contradicted, " << found.unfit
            << " too short or too long, " << found.surplus << " beyond what balances the kinds of tasks\n";
  if (found.held.size() < fewest_held) {
    return refused(
        "at least " + std::to_string(fewest_held) +
        " labelled prompts have to be held back to judge by; label more (codecrucible feedback ID good "
        "--label debugging/complex, with history.storeContent: full)");
  }

  const Scratch rows(".jsonl"), candidate(".model");
  const auto written = write_rows(rows.path, found.learn);
  if (!written) return refused(written.error().detail);
  classifier::TrainOptions options;
  options.data = command.data;
  options.data.push_back(rows.path);
  options.vectors_file = settings.classifier.vectors_file;
  options.out = candidate.path;
  const auto trained = classifier::train(options);
  if (!trained) return refused(trained.error().detail);

  std::string trouble;
  const auto in_use = layers_of(settings.classifier, trouble);
  auto fresh_settings = settings.classifier;
  fresh_settings.model_file = candidate.path;
  std::string fresh_trouble;
  const auto fresh_layers = layers_of(fresh_settings, fresh_trouble);
  if (!fresh_trouble.empty()) return refused(fresh_trouble);
  const auto before = examined(found.held, in_use), after = examined(found.held, fresh_layers);
  const auto old_measures = classifier::measure(before.judged),
             new_measures = classifier::measure(after.judged);
  std::cout << "on the " << found.held.size() << " prompts held back:\n";
  say("in use: ", old_measures);
  say("new:    ", new_measures);
  constexpr double may_lose = 0.02;
  const bool better = classifier::surely_better(before.right, after.right) &&
                      new_measures.complexity_accuracy >= old_measures.complexity_accuracy - may_lose;
  if (!better) {
    std::cout << "Not surely better: the model in use stays, nothing was written.\n";
    return Exit::ok;
  }
  if (command.out.empty()) {
    std::cout
        << "Better. Say --out FILE to have it written; the gateway takes it as routing.classifierModel.\n";
    return Exit::ok;
  }
  std::error_code error;
  files::copy_file(candidate.path, command.out, files::copy_options::overwrite_existing, error);
  if (error) return refused("cannot write " + command.out + ": " + error.message());
  std::cout << "Better: written to " << command.out << '\n';
  return Exit::ok;
}

}  // namespace codecrucible::cli

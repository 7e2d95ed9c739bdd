#include "learning/retraining.hpp"

#include "classifier/model.hpp"
#include "classifier/report.hpp"
#include "classifier/train.hpp"
#include "core/arena.hpp"
#include "history/reader.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace codecrucible::learning {
namespace {

namespace files = std::filesystem;
using classifier::Labelled;

constexpr double may_lose = 0.02;

std::optional<Labelled> labelled_of(const history::Kept& kept) {
  const auto& record = kept.record;
  if (record.prompt.empty()) return std::nullopt;
  std::optional<classifier::Label> label;
  for (const auto& signal : kept.signals) {
    if (auto said = classifier::label_of(signal.label)) label = said;
  }
  if (!label || (!label->complexity && !record.features.classified)) return std::nullopt;
  Labelled one;
  one.prompt = classifier::last_question(record.prompt);
  one.type = label->type;
  one.complexity = label->complexity.value_or(record.features.complexity);
  return one;
}

struct Answers {
  Exam exam;
  std::vector<bool> right;  // of the type
};

Answers examined(const std::vector<Labelled>& rows, const classifier::Layers& layers) {
  std::vector<classifier::Judged> judged;
  Answers answers;
  for (const auto& row : rows) {
    core::Arena arena;
    core::ChatRequest request(arena);
    core::Message message(request.messages.get_allocator());
    core::Part part;
    part.text = row.prompt;
    message.parts.push_back(part);
    request.messages.push_back(std::move(message));
    const auto verdict = classifier::classify(request, layers);
    judged.push_back({row.type, verdict.type, row.complexity, verdict.complexity, verdict.confidence});
    answers.right.push_back(verdict.type == row.type);
  }
  const auto measures = classifier::measure(judged);
  answers.exam = {measures.type_accuracy, measures.complexity_accuracy};
  return answers;
}

}  // namespace

core::Result<std::vector<Labelled>> labelled_in(const std::string& ledger) {
  const auto reader = history::open_reader(ledger);
  if (!reader) return reader.error();
  std::vector<Labelled> out;
  history::Filter filter;
  filter.limit = 0;
  const auto done = (*reader)->read(filter, [&](const history::Kept& kept) {
    if (auto one = labelled_of(kept)) out.push_back(std::move(*one));
    return true;
  });
  if (!done) return done.error();
  return out;
}

std::vector<std::string> data_files(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const auto& path : given) {
    std::error_code error;
    if (!files::is_directory(path, error)) {
      out.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : files::directory_iterator(path, error)) {
      if (entry.path().extension() == ".jsonl") found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end());
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

core::Result<Retrained> retrain(const RetrainPlan& plan) {
  const auto files = data_files(plan.data);
  if (files.empty()) {
    return core::fail(core::Cause::not_found,
                      "without the prompts of learning.retrain.data a model would forget what it knows");
  }
  const auto found = classifier::harvest(plan.labelled, plan.held_share, plan.seed);
  Retrained out;
  out.labelled = plan.labelled.size();
  out.learned = found.learn.size();
  out.held = found.held.size();
  out.repeated = found.repeated;
  out.contradicted = found.contradicted;
  out.unfit = found.unfit;
  out.surplus = found.surplus;
  if (out.held < plan.fewest_held) return out;

  classifier::TrainOptions options;
  options.data = files;
  options.more = found.learn;
  options.vectors_file = plan.vectors_file;
  options.leave_one_source_out = false;
  options.stop = plan.stop;
  const auto trained = classifier::train(options);
  if (!trained) return trained.error();
  auto bytes = classifier::to_bytes(trained->weights);
  auto model = classifier::parse_model(bytes, "the new model", plan.vectors_file);
  if (!model) return model.error();
  auto fresh = plan.in_use;
  fresh.model = std::move(*model);
  const auto before = examined(found.held, plan.in_use), after = examined(found.held, fresh);
  out.before = before.exam;
  out.after = after.exam;
  const bool better = classifier::surely_better(before.right, after.right) &&
                      after.exam.complexity >= before.exam.complexity - may_lose;
  out.verdict = better ? RetrainVerdict::better : RetrainVerdict::not_better;
  if (better) out.model = std::move(bytes);
  return out;
}

}  // namespace codecrucible::learning

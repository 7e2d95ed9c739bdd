#include "classifier/train.hpp"

#include "classifier/binary.hpp"
#include "classifier/fit.hpp"
#include "classifier/probability.hpp"
#include "classifier/report.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace codecrucible::classifier {
namespace {

using Rows = std::vector<std::uint32_t>;

// The fold of a row: by its group, so that near-duplicates never sit on both sides.
std::size_t fold_of(const Example& example, const TrainOptions& options) noexcept {
  std::uint64_t x = (static_cast<std::uint64_t>(example.group) + 1) * 0x9e3779b97f4a7c15ULL + options.seed;
  x ^= x >> 31;
  x *= 0xbf58476d1ce4e5b9ULL;
  return static_cast<std::size_t>((x >> 33) % static_cast<std::uint64_t>(options.folds));
}

struct OutOfFold {
  Rows rows;
  std::vector<Logits> logits;

  // Rows [from, to), or all others.
  OutOfFold part(std::size_t from, std::size_t to, bool inside) const {
    OutOfFold out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if ((i >= from && i < to) != inside) continue;
      out.rows.push_back(rows[i]);
      out.logits.push_back(logits[i]);
    }
    return out;
  }
};

template <class Belongs>
void judge_held_out(const std::vector<Example>& examples, const Rows& judged, const FitOptions& fitting,
                    Belongs belongs, OutOfFold& out) {
  Rows seen, held;
  for (std::uint32_t i = 0; i < examples.size(); ++i)
    if (!belongs(examples[i])) seen.push_back(i);
  for (const auto i : judged)
    if (belongs(examples[i])) held.push_back(i);
  if (held.empty() || seen.empty()) return;
  const auto weights = fit(examples, seen, fitting);
  for (const auto i : held) {
    out.rows.push_back(i);
    out.logits.push_back(apply(weights, examples[i]));
  }
}

double loss(const std::vector<Example>& examples, const OutOfFold& out, std::size_t from, std::size_t count,
            float temperature) {
  double sum = 0;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    Logits p = out.logits[i];
    const auto part = std::span(p).subspan(from, count);
    soften(part, temperature);
    if (from == 0) lean_to_group(part);
    const auto& example = examples[out.rows[i]];
    const auto truth =
        from == 0 ? static_cast<std::size_t>(example.type) : static_cast<std::size_t>(example.complexity);
    sum -= std::log(std::max(1e-6, static_cast<double>(part[truth])));
  }
  return sum;
}

// The temperature that makes out-of-fold probabilities honest: one number, so it hardly overfits.
float best_temperature(const std::vector<Example>& examples, const OutOfFold& out, std::size_t from,
                       std::size_t count) {
  float best = 1;
  double least = 1e300;
  for (float t = 0.3F; t < 6; t *= 1.05F) {
    const double now = loss(examples, out, from, count, t);
    if (now >= least) continue;
    least = now;
    best = t;
  }
  return best;
}

// Thresholds with the best accuracy among those that call at most 4 % of complex work simple (the aim is 5
// %).
void choose_floors(const std::vector<Example>& examples, const OutOfFold& out, Weights& weights) {
  double best = -1;
  for (float complex = 0.1F; complex < 0.6F; complex += 0.02F) {
    for (float simple = 0.4F; simple < 0.9F; simple += 0.02F) {
      std::size_t right = 0, hard = 0, missed = 0;
      for (std::size_t i = 0; i < out.rows.size(); ++i) {
        Logits p = out.logits[i];
        const auto part = std::span(p).subspan(core::task_type_count, core::complexity_count);
        soften(part, weights.complexity_temperature);
        const auto said =
            complexity_of(std::span<const float, core::complexity_count>(part), complex, simple);
        const auto truth = examples[out.rows[i]].complexity;
        right += said == truth;
        if (truth != core::Complexity::complex) continue;
        ++hard;
        missed += said == core::Complexity::simple;
      }
      const auto total = static_cast<double>(std::max<std::size_t>(out.rows.size(), 1));
      double value = static_cast<double>(right) / total;
      const double share = hard > 0 ? static_cast<double>(missed) / static_cast<double>(hard) : 0;
      if (share > 0.04) value -= 5 * (share - 0.04);
      if (value <= best) continue;
      best = value;
      weights.complex_floor = complex;
      weights.simple_floor = simple;
    }
  }
}

void calibrate(const std::vector<Example>& examples, const OutOfFold& out, Weights& weights) {
  weights.type_temperature = best_temperature(examples, out, 0, core::task_type_count);
  weights.complexity_temperature =
      best_temperature(examples, out, core::task_type_count, core::complexity_count);
  choose_floors(examples, out, weights);
}

std::vector<Judged> judge_all(const std::vector<Example>& examples, const OutOfFold& out,
                              const Weights& weights) {
  std::vector<Judged> judged;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const auto& example = examples[out.rows[i]];
    const auto answer = answer_of(out.logits[i], weights);
    judged.push_back({example.type, answer.type, example.complexity, answer.complexity, answer.confidence});
  }
  return judged;
}

}  // namespace

core::Result<TrainResult> train(const TrainOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto read = read_examples(options.data);
  if (!read) return read.error();
  auto& examples = *read;
  std::shared_ptr<const Vectors> vectors;
  if (!options.vectors_file.empty()) {
    auto loaded = Vectors::load(options.vectors_file);
    if (!loaded) return loaded.error();
    vectors = *loaded;
  }
  for (const auto& row : options.more) {
    auto& example = examples.emplace_back();
    example.prompt = row.prompt;
    example.type = row.type;
    example.complexity = row.complexity;
  }
  group_duplicates(examples);
  pack_inputs(examples, vectors.get());
  const auto stopped = [&] { return options.stop && options.stop(); };
  const auto given_up = [] { return core::fail(core::Cause::internal, "training was stopped"); };

  FitOptions fitting;
  fitting.seed = options.seed;
  fitting.stop = options.stop;
  // Rows with a source are real traffic: they are what is measured, if there are any.
  Rows judged, all;
  std::map<std::string, std::size_t> sources;
  for (std::uint32_t i = 0; i < examples.size(); ++i) {
    all.push_back(i);
    if (examples[i].source.empty()) continue;
    judged.push_back(i);
    ++sources[examples[i].source];
  }
  if (judged.empty()) judged = all;

  OutOfFold out;
  std::vector<std::size_t> ends;  // of the folds in `out`
  for (std::size_t fold = 0; fold < static_cast<std::size_t>(options.folds); ++fold) {
    const auto held = [fold, &options](const Example& example) { return fold_of(example, options) == fold; };
    if (stopped()) return given_up();
    judge_held_out(examples, judged, fitting, held, out);
    ends.push_back(out.rows.size());
  }
  TrainResult result;
  result.weights = fit(examples, all, fitting);
  if (stopped()) return given_up();
  calibrate(examples, out, result.weights);
  result.weights.vectors_checksum = vectors ? vectors->checksum() : 0;
  // What is reported of a fold is calibrated on the others.
  Weights elsewhere;
  for (std::size_t begin = 0; const auto end : ends) {
    if (end == begin) continue;
    calibrate(examples, out.part(begin, end, false), elsewhere);
    const auto answers = judge_all(examples, out.part(begin, end, true), elsewhere);
    result.cross_validated.insert(result.cross_validated.end(), answers.begin(), answers.end());
    begin = end;
  }
  result.measures = measure(result.cross_validated);

  if (options.leave_one_source_out && sources.size() > 1) {
    OutOfFold by_source;
    for (const auto& [name, rows] : sources) {
      const auto held = [&wanted = name](const Example& example) { return example.source == wanted; };
      judge_held_out(examples, judged, fitting, held, by_source);
    }
    result.left_out_source_accuracy = measure(judge_all(examples, by_source, result.weights)).type_accuracy;
  }
  result.examples = examples.size();
  result.folds = options.folds;
  if (!options.out.empty()) {
    const auto written = write_file(options.out, to_bytes(result.weights));
    if (!written) return written.error();
    result.written_to = options.out;
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace codecrucible::classifier

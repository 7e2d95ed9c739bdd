#include "classifier/report.hpp"

#include "classifier/probability.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace codecrucible::classifier {
namespace {

constexpr std::size_t types = core::task_type_count;
using Confusion = std::array<std::array<std::size_t, types>, types>;  // [truth][said]

Confusion confusion_of(const std::vector<Judged>& rows) {
  Confusion matrix{};
  for (const auto& row : rows)
    ++matrix[static_cast<std::size_t>(row.type)][static_cast<std::size_t>(row.said_type)];
  return matrix;
}

struct PerClass {
  double precision = 0, recall = 0, f1 = 0;
  std::size_t rows = 0;
};

PerClass class_of(const Confusion& matrix, std::size_t k) {
  PerClass out;
  std::size_t said = 0;
  for (std::size_t i = 0; i < types; ++i) {
    out.rows += matrix[k][i];
    said += matrix[i][k];
  }
  const auto right = static_cast<double>(matrix[k][k]);
  out.precision = said > 0 ? right / static_cast<double>(said) : 0;
  out.recall = out.rows > 0 ? right / static_cast<double>(out.rows) : 0;
  out.f1 = right > 0 ? 2 * out.precision * out.recall / (out.precision + out.recall) : 0;
  return out;
}

template <class... Values>
void line(std::string& out, const char* format, Values... values) {
  char buffer[256];
  const int n = std::snprintf(buffer, sizeof buffer, format, values...);
  if (n > 0) out.append(buffer, std::min(static_cast<std::size_t>(n), sizeof buffer - 1));
}

double calibration_error(const std::vector<Judged>& rows) {
  std::array<double, 10> sure{}, right{}, count{};
  for (const auto& row : rows) {
    const auto bin = std::min<std::size_t>(9, static_cast<std::size_t>(row.confidence * 10));
    sure[bin] += static_cast<double>(row.confidence);
    right[bin] += row.type == row.said_type ? 1 : 0;
    ++count[bin];
  }
  double error = 0;
  for (std::size_t b = 0; b < 10; ++b) error += std::fabs(sure[b] - right[b]);
  return rows.empty() ? 0 : error / static_cast<double>(rows.size());
}

}  // namespace

Measures measure(const std::vector<Judged>& rows) {
  Measures m;
  m.rows = rows.size();
  if (rows.empty()) return m;
  std::size_t type = 0, group = 0, complexity = 0, complex = 0, complex_simple = 0;
  for (const auto& row : rows) {
    type += row.type == row.said_type;
    group += wants_quality(row.type) == wants_quality(row.said_type);
    complexity += row.complexity == row.said_complexity;
    if (row.complexity != core::Complexity::complex) continue;
    ++complex;
    complex_simple += row.said_complexity == core::Complexity::simple;
  }
  const auto n = static_cast<double>(rows.size());
  m.type_accuracy = static_cast<double>(type) / n;
  m.group_accuracy = static_cast<double>(group) / n;
  m.complexity_accuracy = static_cast<double>(complexity) / n;
  m.complex_called_simple =
      complex > 0 ? static_cast<double>(complex_simple) / static_cast<double>(complex) : 0;
  const auto matrix = confusion_of(rows);
  double f1 = 0;
  std::size_t present = 0;
  for (std::size_t k = 0; k < types; ++k) {
    const auto one = class_of(matrix, k);
    if (one.rows == 0) continue;
    f1 += one.f1;
    ++present;
  }
  m.macro_f1 = f1 / static_cast<double>(std::max<std::size_t>(present, 1));
  m.calibration_error = calibration_error(rows);
  return m;
}

std::string report(const std::vector<Judged>& rows) {
  std::string out;
  const auto matrix = confusion_of(rows);
  out += "truth \\ said ";
  for (std::size_t k = 0; k < types; ++k)
    line(out, " %10s", core::name(static_cast<core::TaskType>(k)).data());
  out += "   precision  recall  rows\n";
  for (std::size_t t = 0; t < types; ++t) {
    line(out, "%-13s", core::name(static_cast<core::TaskType>(t)).data());
    for (std::size_t s = 0; s < types; ++s) line(out, " %10zu", matrix[t][s]);
    const auto one = class_of(matrix, t);
    line(out, "   %9.3f  %6.3f  %4zu\n", one.precision, one.recall, one.rows);
  }
  std::array<std::array<std::size_t, core::complexity_count>, core::complexity_count> levels{};
  for (const auto& row : rows)
    ++levels[static_cast<std::size_t>(row.complexity)][static_cast<std::size_t>(row.said_complexity)];
  out += "\ntruth \\ said      simple     medium    complex\n";
  for (std::size_t t = 0; t < core::complexity_count; ++t)
    line(out, "%-13s %10zu %10zu %10zu\n", core::name(static_cast<core::Complexity>(t)).data(), levels[t][0],
         levels[t][1], levels[t][2]);
  const auto m = measure(rows);
  line(out,
       "\nrows %zu   type %.3f   macro-F1 %.3f   group %.3f   complexity %.3f   complex called simple %.3f   "
       "ECE %.3f\n",
       m.rows, m.type_accuracy, m.macro_f1, m.group_accuracy, m.complexity_accuracy, m.complex_called_simple,
       m.calibration_error);
  return out;
}

std::string report(const TrainResult& result) {
  std::string out;
  line(out, "trained on %zu examples in %.1f s; %d-fold cross-validation, near-duplicates on one side\n\n",
       result.examples, result.seconds, result.folds);
  out += report(result.cross_validated);
  if (result.left_out_source_accuracy >= 0)
    line(out, "leave-one-source-out type %.3f\n", result.left_out_source_accuracy);
  if (!result.written_to.empty()) out += "written to " + result.written_to + "\n";
  return out;
}

}  // namespace codecrucible::classifier

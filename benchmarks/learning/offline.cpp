#include "offline.hpp"

#include "../escalation/fit_grams.hpp"
#include "forest.hpp"
#include "learning/dice.hpp"
#include "lexical.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace codecrucible::measuring {
namespace {

constexpr std::size_t folds = 5;
constexpr double shrink = 12;  // rows of the overall mean that each task's mean begins with

std::size_t fold_of(std::string_view prompt) {
  std::uint32_t hash = 2166136261U;
  for (const char c : prompt) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ hash >> 15) % folds;
}

// Numbers, how many of them differ, words that bind numbers, and offered answers: how many and how long.
std::vector<double> amounts_of(const std::string& prompt) {
  std::vector<std::string> numbers;
  double binding = 0, options = 0, longest = 0, lengths = 0;
  constexpr std::string_view binders[] = {"each",  "every", "per",  "half", "twice", "times",
                                          "total", "left",  "more", "less", "than",  "not"};
  for (std::size_t at = 0; at < prompt.size();) {
    const std::size_t begin = at;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    while (at < prompt.size() && is_digit(prompt[at])) ++at;
    if (at > begin) numbers.push_back(prompt.substr(begin, at - begin));
    const std::size_t word = at;
    while (at < prompt.size() && is_letter(prompt[at])) ++at;
    const auto text = std::string_view(prompt).substr(word, at - word);
    if (std::find(std::begin(binders), std::end(binders), text) != std::end(binders)) binding += 1;
    if (at == begin) ++at;
  }
  for (std::size_t at = prompt.find('\n'); at + 3 < prompt.size(); at = prompt.find('\n', at + 1)) {
    if (prompt[at + 1] < 'A' || prompt[at + 1] > 'J' || prompt[at + 2] != '.') continue;
    const auto length = static_cast<double>(std::min(prompt.find('\n', at + 1), prompt.size()) - at);
    options += 1;
    lengths += length;
    longest = std::max(longest, length);
  }
  const auto count = static_cast<double>(numbers.size());
  std::sort(numbers.begin(), numbers.end());
  const auto distinct = static_cast<double>(std::unique(numbers.begin(), numbers.end()) - numbers.begin());
  return {count, distinct, binding, options, options > 0 ? lengths / options : 0, longest};
}

// Numbers that any prompt has, none of which knows the data.
std::vector<float> shape_of(const std::string& prompt) {
  double digits = 0, uppers = 0, breaks = 0, words = 0, marks[7] = {};
  constexpr std::string_view signs = "?$\\_=,.";
  bool inside = false;
  for (const char c : prompt) {
    digits += c >= '0' && c <= '9' ? 1 : 0;
    uppers += c >= 'A' && c <= 'Z' ? 1 : 0;
    breaks += c == '\n' ? 1 : 0;
    if (const auto at = signs.find(c); at != std::string_view::npos) marks[at] += 1;
    const bool letter = c > ' ';
    words += letter && !inside ? 1 : 0;
    inside = letter;
  }
  const double length = std::max<double>(1, static_cast<double>(prompt.size()));
  const auto first = static_cast<double>(std::min(prompt.find('\n'), prompt.size()));
  std::vector<float> out;
  for (const double value : {std::sqrt(length), digits / length, uppers / length, breaks,
                             length / std::max(words, 1.0), std::sqrt(first), first / length})
    out.push_back(static_cast<float>(value));
  for (const double value : marks) out.push_back(static_cast<float>(value));
  for (const double value : amounts_of(prompt)) out.push_back(static_cast<float>(value));
  return out;
}

// One fold's learning and judging.
class Fold {
 public:
  Fold(const Set& set, const std::vector<escalation::Grams>& grams, const Table& shapes,
       const std::vector<std::size_t>& rows)
      : set_(set), grams_(grams), width_(set.models.size()) {
    centre(rows);
    count_tasks(rows);
    for (std::size_t i = 0; i < set.rows.size(); ++i) inputs_.push_back(input_of(set.rows[i], shapes[i]));
  }

  void learn_words(const Lexicon& lexicon, const Table& shapes, const std::vector<std::size_t>& rows) {
    const Lexical lexical(lexicon, set_, standardized(shapes, rows), rows);
    std::vector<Lexical::Target> targets(width_, Lexical::Target(set_.rows.size()));
    for (std::size_t m = 0; m < width_; ++m) {
      for (const auto row : rows) targets[m][row] = centred(set_.rows[row], m);
    }
    words_ = lexical.predicted(targets);
  }

  void learn_others(const std::vector<std::size_t>& rows) {
    Table outputs(set_.rows.size());
    std::vector<std::vector<float>> rest(width_, std::vector<float>(set_.rows.size(), 0));
    for (std::size_t i = 0; i < set_.rows.size(); ++i) {
      for (std::size_t m = 0; m < width_; ++m) {
        outputs[i].push_back(static_cast<float>(centred(set_.rows[i], m)));
        rest[m][i] = outputs[i].back() - static_cast<float>(means_[set_.rows[i].task][m]);
      }
    }
    forest_ = std::make_unique<Forest>(inputs_, outputs, rows, ForestOptions{});
    const std::vector<int> picked(rows.begin(), rows.end());
    for (std::size_t m = 0; m < width_; ++m)
      tables_.push_back(escalation::fit_grams(grams_, rest[m], picked, 8));
  }

  void judge(std::size_t row, bool words_alone, Ways& out) const {
    for (std::size_t m = 0; m < width_; ++m) out.words[row].push_back(words_[m][row]);
    if (words_alone) return;
    const auto& means = means_[set_.rows[row].task];
    out.table[row] = means;
    out.forest[row] = forest_->predict(inputs_[row]);
    out.grams[row] = means;
    out.blend[row] = out.forest[row];
    for (std::size_t m = 0; m < width_; ++m) {
      out.grams[row][m] += static_cast<double>(escalation::score_of(tables_[m], grams_[row]));
      out.blend[row][m] = 0.4 * out.forest[row][m] + 0.2 * out.grams[row][m] + 0.4 * out.words[row][m];
    }
  }

 private:
  // What all good models share, how hard the prompt is, only adds noise to which one is best.
  void centre(const std::vector<std::size_t>& rows) {
    std::vector<double> mean(width_, 0);
    for (const auto row : rows) {
      for (std::size_t m = 0; m < width_; ++m)
        mean[m] += set_.rows[row].scores[m] / static_cast<double>(rows.size());
    }
    const double best = *std::max_element(mean.begin(), mean.end());
    for (std::size_t m = 0; m < width_; ++m) {
      if (mean[m] > 0.7 * best) good_.push_back(m);
    }
  }
  double centred(const Row& row, std::size_t model) const {
    double level = 0;
    for (const auto m : good_) level += row.scores[m] / static_cast<double>(good_.size());
    return row.scores[model] - level;
  }
  void count_tasks(const std::vector<std::size_t>& rows) {
    std::vector<double> all(width_, 0), counts(set_.tasks.size(), shrink);
    means_.assign(set_.tasks.size(), all);
    for (const auto row : rows) {
      for (std::size_t m = 0; m < width_; ++m)
        all[m] += centred(set_.rows[row], m) / static_cast<double>(rows.size());
    }
    for (auto& means : means_) {
      for (std::size_t m = 0; m < width_; ++m) means[m] = shrink * all[m];
    }
    for (const auto row : rows) {
      counts[set_.rows[row].task] += 1;
      for (std::size_t m = 0; m < width_; ++m) means_[set_.rows[row].task][m] += centred(set_.rows[row], m);
    }
    for (std::size_t task = 0; task < means_.size(); ++task) {
      for (auto& mean : means_[task]) mean /= counts[task];
    }
  }
  // Shapes of about the size of the words' inputs, and word vectors.
  Table standardized(const Table& shapes, const std::vector<std::size_t>& rows) const {
    constexpr float size = 0.15F, most = 3;
    const std::size_t columns = shapes.front().size();
    std::vector<double> mean(columns, 0), spread(columns, 0);
    const auto count = static_cast<double>(rows.size());
    for (const auto row : rows) {
      for (std::size_t i = 0; i < columns; ++i) mean[i] += static_cast<double>(shapes[row][i]) / count;
    }
    for (const auto row : rows) {
      for (std::size_t i = 0; i < columns; ++i)
        spread[i] += std::pow(static_cast<double>(shapes[row][i]) - mean[i], 2) / count;
    }
    Table out(shapes.size());
    for (std::size_t row = 0; row < shapes.size(); ++row) {
      for (std::size_t i = 0; i < columns; ++i) {
        const double deviation = std::sqrt(std::max(spread[i], 1e-12));
        const auto z = static_cast<float>((static_cast<double>(shapes[row][i]) - mean[i]) / deviation);
        out[row].push_back(size * std::clamp(z, -most, most));
      }
      out[row].insert(out[row].end(), set_.rows[row].traits.begin(), set_.rows[row].traits.end());
    }
    return out;
  }
  std::vector<float> input_of(const Row& row, const std::vector<float>& shape) const {
    std::vector<float> input = shape;
    for (const double mean : means_[row.task]) input.push_back(static_cast<float>(mean));
    input.insert(input.end(), row.traits.begin(), row.traits.end());
    return input;
  }

  const Set& set_;
  const std::vector<escalation::Grams>& grams_;
  std::size_t width_;
  std::vector<std::size_t> good_;
  std::vector<std::vector<double>> means_;  // [task][model]
  Table inputs_;
  std::unique_ptr<Forest> forest_;
  std::vector<confidence::GramTable> tables_;
  std::vector<std::vector<double>> words_;  // [model][row]
};

// Points of the upper hull that do not fall, from the cheapest on.
std::vector<Point> hull(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return a.cost < b.cost || (a.cost == b.cost && a.quality > b.quality);
  });
  std::vector<Point> out;
  for (const auto& point : points) {
    if (!out.empty() && point.quality <= out.back().quality) continue;
    while (out.size() >= 2) {
      const auto &a = out[out.size() - 2], &b = out.back();
      if ((b.quality - a.quality) * (point.cost - a.cost) > (point.quality - a.quality) * (b.cost - a.cost))
        break;
      out.pop_back();
    }
    out.push_back(point);
  }
  return out;
}

}  // namespace

double hull_area(std::vector<Point> points, double low, double high) {
  const auto curve = hull(std::move(points));
  double area = 0, from = low, height = curve.front().quality;
  for (const auto& point : curve) {
    area += (point.cost - from) * (height + point.quality) / 2;
    from = point.cost;
    height = point.quality;
  }
  return (area + (high - from) * height) / (high - low);
}

namespace {

Ways validated(const Set& set, std::size_t labels, bool words_alone) {
  const std::size_t count = set.rows.size();
  std::vector<escalation::Grams> grams;
  Table shapes;
  const Lexicon lexicon(set);
  for (const auto& row : set.rows) {
    grams.push_back(escalation::grams_of(row.prompt, {}));
    shapes.push_back(shape_of(row.prompt));
  }
  Ways out{Scores(count), Scores(count), Scores(count), Scores(count), Scores(count)};
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < count; ++i) {
      if (fold_of(set.rows[i].prompt) != fold) rows.push_back(i);
    }
    if (labels > 0 && rows.size() > labels) {
      learning::Dice dice(fold + 1);
      for (std::size_t i = 0; i < labels; ++i) std::swap(rows[i], rows[i + dice.below(rows.size() - i)]);
      rows.resize(labels);
    }
    Fold learned(set, grams, shapes, rows);
    learned.learn_words(lexicon, shapes, rows);
    if (!words_alone) learned.learn_others(rows);
    for (std::size_t i = 0; i < count; ++i) {
      if (fold_of(set.rows[i].prompt) == fold) learned.judge(i, words_alone, out);
    }
  }
  return out;
}

}  // namespace

Ways cross_validated(const Set& set, std::size_t labels) {
  return validated(set, labels, false);
}

Scores words_cross_validated(const Set& set) {
  return validated(set, 0, true).words;
}

Figures figures_of(const Set& set, const Scores& scores) {
  const std::size_t models = set.models.size();
  const auto rows = static_cast<double>(set.rows.size());
  std::vector<double> fixed(models, 0);
  double oracle = 0;
  for (const auto& row : set.rows) {
    for (std::size_t m = 0; m < models; ++m) fixed[m] += row.scores[m] / rows;
    oracle += *std::max_element(row.scores.begin(), row.scores.end()) / rows;
  }
  const auto best = static_cast<std::size_t>(std::max_element(fixed.begin(), fixed.end()) - fixed.begin());
  const auto at_price = [&](double price) {
    Point point{0, 0};
    for (std::size_t i = 0; i < set.rows.size(); ++i) {
      std::size_t chosen = 0;
      for (std::size_t m = 1; m < models; ++m) {
        if (scores[i][m] - price * set.sizes[m] > scores[i][chosen] - price * set.sizes[chosen]) chosen = m;
      }
      point.cost += set.sizes[chosen] / rows;
      point.quality += set.rows[i].scores[chosen] / rows;
    }
    return point;
  };
  Figures out;
  out.quality = at_price(0).quality;
  out.gap = (out.quality - fixed[best]) / (oracle - fixed[best]);
  std::vector<Point> points{at_price(0)};
  double cheapest = set.sizes[best];
  for (double price = 1e-5; price < 1; price *= 1.1) points.push_back(at_price(price));
  for (const auto& point : points) {
    if (point.quality >= 0.99 * fixed[best]) cheapest = std::min(cheapest, point.cost);
  }
  out.saved = 1 - cheapest / set.sizes[best];
  out.aiq = hull_area(std::move(points), *std::min_element(set.sizes.begin(), set.sizes.end()),
                      *std::max_element(set.sizes.begin(), set.sizes.end()));
  return out;
}

double apgr(const Set& set, const Scores& scores) {
  std::vector<std::size_t> order(set.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double x = scores[a][1] - scores[a][0], y = scores[b][1] - scores[b][0];
    return x > y || (x == y && a < b);
  });
  double gain = 0, area = 0;
  for (const auto row : order) {
    const double before = gain;
    gain += set.rows[row].scores[1] - set.rows[row].scores[0];
    area += (before + gain) / 2 / static_cast<double>(order.size());
  }
  return gain != 0 ? area / gain : 0;
}

}  // namespace codecrucible::measuring

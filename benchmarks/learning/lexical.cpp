#include "lexical.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace codecrucible::measuring {
namespace {

constexpr std::size_t least_words = 2, least_pieces = 3;  // prompts that a term has to be in
constexpr int most_steps = 30;

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ hash >> 13U) % Lexicon::terms;
}

std::vector<Lexicon::Counted> counted(std::vector<std::uint32_t> terms) {
  std::sort(terms.begin(), terms.end());
  std::vector<Lexicon::Counted> out;
  for (const auto term : terms) {
    if (out.empty() || out.back().term != term) out.push_back({term, 0});
    ++out.back().times;
  }
  return out;
}

bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 128;
}

// How rare each term is, and which column it has; rarity 0: none.
struct Weighing {
  std::vector<float> rarity;
  std::vector<std::uint32_t> columns;
};

// Weighs what was counted to length 1.
void add_weighed(const std::vector<Lexicon::Counted>& counted, const Weighing& weighing,
                 std::vector<std::pair<std::uint32_t, float>>& out) {
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  double norm = 0;
  for (const auto& [term, times] : counted) {
    if (weighing.rarity[term] == 0) continue;
    const float value = (1 + std::log(static_cast<float>(times))) * weighing.rarity[term];
    out.emplace_back(weighing.columns[term], value);
    norm += static_cast<double>(value) * static_cast<double>(value);
  }
  const float scale = norm > 0 ? static_cast<float>(1 / std::sqrt(norm)) : 0;
  for (auto at = out.begin() + begin; at != out.end(); ++at) at->second *= scale;
}

}  // namespace

Lexicon::Lexicon(const Set& set) {
  for (const auto& row : set.rows) {
    std::string text = row.prompt;
    for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    std::vector<std::uint32_t> words, pieces;
    std::string before;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = at;
      while (at < text.size() && in_word(text[at])) ++at;
      const auto word = text.substr(begin, at - begin);
      if (word.size() >= 2) {
        words.push_back(hash_of(word));
        if (!before.empty()) words.push_back(hash_of(before + " " + word));
        before = word;
      }
      if (at == begin) ++at;
    }
    // Pieces lie within what blanks part, a blank at both ends.
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = at;
      while (at < text.size() && text[at] > ' ') ++at;
      const auto whole = at > begin ? " " + text.substr(begin, at - begin) + " " : std::string();
      for (std::size_t length = 3; length <= 5; ++length) {
        for (std::size_t i = 0; i + length <= whole.size(); ++i)
          pieces.push_back(hash_of(std::string_view(whole).substr(i, length)));
      }
      if (at == begin) ++at;
    }
    words_.push_back(counted(std::move(words)));
    pieces_.push_back(counted(std::move(pieces)));
  }
}

Lexical::Lexical(const Lexicon& lexicon, const Set& set, const std::vector<std::vector<float>>& numbers,
                 std::vector<std::size_t> learned)
    : learned_(std::move(learned)) {
  const auto weighing_of = [&](auto counted_of, std::size_t least) {
    Weighing out{std::vector<float>(Lexicon::terms, 0), std::vector<std::uint32_t>(Lexicon::terms, 0)};
    for (const auto row : learned_) {
      for (const auto& one : counted_of(row)) out.rarity[one.term] += 1;
    }
    const auto all = static_cast<float>(learned_.size());
    for (std::size_t term = 0; term < Lexicon::terms; ++term) {
      auto& rarity = out.rarity[term];
      rarity = rarity < static_cast<float>(least) ? 0 : std::log((1 + all) / (1 + rarity)) + 1;
      if (rarity > 0) out.columns[term] = static_cast<std::uint32_t>(width_++);
    }
    return out;
  };
  const auto words = weighing_of([&](std::size_t row) -> auto& { return lexicon.words(row); }, least_words);
  const auto pieces =
      weighing_of([&](std::size_t row) -> auto& { return lexicon.pieces(row); }, least_pieces);
  const std::size_t tasks = width_, others = tasks + set.tasks.size();
  width_ = others + numbers.front().size();
  for (std::size_t row = 0; row < set.rows.size(); ++row) {
    auto& out = rows_.emplace_back();
    add_weighed(lexicon.words(row), words, out);
    add_weighed(lexicon.pieces(row), pieces, out);
    out.emplace_back(static_cast<std::uint32_t>(tasks + set.rows[row].task), 1.0F);
    for (std::size_t i = 0; i < numbers[row].size(); ++i)
      out.emplace_back(static_cast<std::uint32_t>(others + i), numbers[row][i]);
  }
}

double Lexical::dot(const Sparse& row, const std::vector<float>& weights) const {
  double sum = 0;
  for (const auto& [at, value] : row) sum += static_cast<double>(value) * static_cast<double>(weights[at]);
  return sum;
}

// Conjugate gradients on the normal equations; the level pays nothing.
Lexical::Line Lexical::fit(const std::vector<std::size_t>& picked, const std::vector<double>& target,
                           double ridge) const {
  double level = 0;
  for (const auto row : picked) level += target[row] / static_cast<double>(picked.size());
  std::vector<float> weights(width_, 0), residual(width_, 0), along, product(width_);
  // Inputs are taken less their means, without making the rows dense.
  std::vector<float> mean(width_, 0);
  for (const auto row : picked) {
    for (const auto& [at, value] : rows_[row]) mean[at] += value / static_cast<float>(picked.size());
  }
  const auto inner = [](const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
  };
  for (const auto row : picked) {
    const auto pull = static_cast<float>(target[row] - level);
    for (const auto& [at, value] : rows_[row]) residual[at] += pull * value;
  }
  along = residual;
  double size = inner(residual, residual);
  const double enough = size * 1e-7;
  for (int step = 0; step < most_steps && size > enough; ++step) {
    for (std::size_t i = 0; i < width_; ++i) product[i] = static_cast<float>(ridge) * along[i];
    const double shift = inner(mean, along);
    double all = 0;
    for (const auto row : picked) {
      const double value = dot(rows_[row], along) - shift;
      all += value;
      for (const auto& [at, input] : rows_[row]) product[at] += static_cast<float>(value) * input;
    }
    for (std::size_t i = 0; i < width_; ++i) product[i] -= static_cast<float>(all) * mean[i];
    const double curve = inner(along, product);
    if (!(curve > 0)) break;
    const double far = size / curve;
    for (std::size_t i = 0; i < width_; ++i) {
      weights[i] += static_cast<float>(far) * along[i];
      residual[i] -= static_cast<float>(far) * product[i];
    }
    const double next = inner(residual, residual);
    for (std::size_t i = 0; i < width_; ++i)
      along[i] = residual[i] + static_cast<float>(next / size) * along[i];
    size = next;
  }
  level -= inner(mean, weights);
  return {std::move(weights), level};
}

std::vector<double> Lexical::predicted(const std::vector<double>& target) const {
  std::vector<std::size_t> inner, judged;
  for (std::size_t i = 0; i < learned_.size(); ++i) (i % 5 == 0 ? judged : inner).push_back(learned_[i]);
  double best = 0, least = 1e300;
  for (const double ridge : {8.0, 24.0, 72.0}) {
    const auto line = fit(inner, target, ridge);
    double error = 0;
    for (const auto row : judged)
      error += std::pow(target[row] - line.level - dot(rows_[row], line.weights), 2);
    if (error >= least) continue;
    least = error;
    best = ridge;
  }
  const auto line = fit(learned_, target, best);
  std::vector<double> out;
  for (const auto& row : rows_) out.push_back(line.level + dot(row, line.weights));
  return out;
}

}  // namespace codecrucible::measuring

#include "lexical.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace codecrucible::measuring {
namespace {

constexpr std::size_t least_words = 2, least_pieces = 3;  // prompts that a term has to be in
constexpr int most_steps = 30;
constexpr double ridges[] = {8, 24, 72};
constexpr std::size_t lane_group = 4;

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

// value = row · weights, for all lanes.
void gather(const std::vector<std::pair<std::uint32_t, float>>& row, const std::vector<float>& weights,
            std::vector<float>& value) {
  std::fill(value.begin(), value.end(), 0.0F);
  float* const __restrict to = value.data();
  const std::size_t lanes = value.size();
  for (const auto& [at, input] : row) {
    const float* const __restrict from = weights.data() + at * lanes;
    for (std::size_t i = 0; i < lanes; i += lane_group) {
      for (std::size_t j = 0; j < lane_group; ++j) to[i + j] += input * from[i + j];
    }
  }
}

// sums += row × value.
void scatter(const std::vector<std::pair<std::uint32_t, float>>& row, const std::vector<float>& value,
             std::vector<float>& sums) {
  const float* const __restrict from = value.data();
  const std::size_t lanes = value.size();
  for (const auto& [at, input] : row) {
    float* const __restrict to = sums.data() + at * lanes;
    for (std::size_t i = 0; i < lanes; i += lane_group) {
      for (std::size_t j = 0; j < lane_group; ++j) to[i + j] += input * from[i + j];
    }
  }
}

// mean · weights, for all lanes.
std::vector<float> shared(const std::vector<float>& mean, const std::vector<float>& weights,
                          std::size_t lanes) {
  std::vector<double> sums(lanes, 0);
  for (std::size_t at = 0; at < mean.size(); ++at) {
    for (std::size_t i = 0; i < lanes; ++i)
      sums[i] += static_cast<double>(mean[at]) * static_cast<double>(weights[at * lanes + i]);
  }
  return std::vector<float>(sums.begin(), sums.end());
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

// Conjugate gradients on the normal equations, for all wishes in step; the level pays nothing. Inputs are
// taken less their means, without making the rows dense.
Lexical::Lines Lexical::fit(const std::vector<std::size_t>& picked, const std::vector<Target>& targets,
                            const std::vector<Wish>& wishes) const {
  Lines out;
  out.lanes = (wishes.size() + lane_group - 1) / lane_group * lane_group;
  const std::size_t lanes = out.lanes;
  const auto count = static_cast<double>(picked.size());
  out.levels.assign(wishes.size(), 0);
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    for (const auto row : picked) out.levels[i] += targets[wishes[i].target][row] / count;
  }
  std::vector<float> mean(width_, 0);
  for (const auto row : picked) {
    for (const auto& [at, value] : rows_[row]) mean[at] += value / static_cast<float>(count);
  }
  const auto inner = [&](const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<double> sums(lanes, 0);
    for (std::size_t at = 0; at < a.size(); at += lanes) {
      for (std::size_t i = 0; i < lanes; ++i)
        sums[i] += static_cast<double>(a[at + i]) * static_cast<double>(b[at + i]);
    }
    return sums;
  };
  auto& weights = out.weights;
  weights.assign(width_ * lanes, 0);
  std::vector<float> residual(weights.size(), 0), product(weights.size());
  std::vector<float> value(lanes), ridge(lanes, 1);
  for (std::size_t i = 0; i < wishes.size(); ++i) ridge[i] = static_cast<float>(wishes[i].ridge);
  for (const auto row : picked) {
    std::fill(value.begin(), value.end(), 0.0F);
    for (std::size_t i = 0; i < wishes.size(); ++i)
      value[i] = static_cast<float>(targets[wishes[i].target][row] - out.levels[i]);
    scatter(rows_[row], value, residual);
  }
  auto along = residual;
  auto size = inner(residual, residual);
  auto enough = size;
  for (auto& one : enough) one *= 1e-7;
  for (int step = 0; step < most_steps; ++step) {
    const auto shift = shared(mean, along, lanes);
    for (std::size_t at = 0; at < along.size(); at += lanes) {
      for (std::size_t i = 0; i < lanes; ++i) product[at + i] = ridge[i] * along[at + i];
    }
    std::vector<float> all(lanes, 0);
    for (const auto row : picked) {
      gather(rows_[row], along, value);
      for (std::size_t i = 0; i < lanes; ++i) {
        value[i] -= shift[i];
        all[i] += value[i];
      }
      scatter(rows_[row], value, product);
    }
    for (std::size_t at = 0; at < width_; ++at) {
      for (std::size_t i = 0; i < lanes; ++i) product[at * lanes + i] -= all[i] * mean[at];
    }
    // A wish that is near enough stands still while the others go on.
    const auto curve = inner(along, product);
    std::vector<float> far(lanes, 0), keep(lanes, 0);
    bool moves = false;
    for (std::size_t i = 0; i < lanes; ++i) {
      if (!(size[i] > enough[i]) || !(curve[i] > 0)) continue;
      far[i] = static_cast<float>(size[i] / curve[i]);
      moves = true;
    }
    if (!moves) break;
    for (std::size_t at = 0; at < along.size(); at += lanes) {
      for (std::size_t i = 0; i < lanes; ++i) {
        weights[at + i] += far[i] * along[at + i];
        residual[at + i] -= far[i] * product[at + i];
      }
    }
    const auto next = inner(residual, residual);
    for (std::size_t i = 0; i < lanes; ++i) {
      if (far[i] > 0) keep[i] = static_cast<float>(next[i] / size[i]);
    }
    for (std::size_t at = 0; at < along.size(); at += lanes) {
      for (std::size_t i = 0; i < lanes; ++i) along[at + i] = residual[at + i] + keep[i] * along[at + i];
    }
    size = next;
  }
  const auto shift = shared(mean, weights, lanes);
  for (std::size_t i = 0; i < wishes.size(); ++i) out.levels[i] -= static_cast<double>(shift[i]);
  return out;
}

std::vector<Lexical::Target> Lexical::predicted(const std::vector<Target>& targets) const {
  std::vector<std::size_t> inner, judged;
  for (std::size_t i = 0; i < learned_.size(); ++i) (i % 5 == 0 ? judged : inner).push_back(learned_[i]);
  std::vector<Wish> wishes;
  for (std::size_t target = 0; target < targets.size(); ++target) {
    for (const double ridge : ridges) wishes.push_back({target, ridge});
  }
  const auto tried = fit(inner, targets, wishes);
  std::vector<double> errors(wishes.size(), 0);
  std::vector<float> value(tried.lanes);
  for (const auto row : judged) {
    gather(rows_[row], tried.weights, value);
    for (std::size_t i = 0; i < wishes.size(); ++i)
      errors[i] +=
          std::pow(targets[wishes[i].target][row] - tried.levels[i] - static_cast<double>(value[i]), 2);
  }
  std::vector<Wish> best;
  for (std::size_t target = 0; target < targets.size(); ++target) {
    const auto begin = errors.begin() + static_cast<std::ptrdiff_t>(target * std::size(ridges));
    const auto least = std::min_element(begin, begin + std::size(ridges));
    best.push_back(wishes[static_cast<std::size_t>(least - errors.begin())]);
  }
  const auto lines = fit(learned_, targets, best);
  std::vector<Target> out(targets.size(), Target(rows_.size()));
  value.resize(lines.lanes);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    gather(rows_[row], lines.weights, value);
    for (std::size_t i = 0; i < best.size(); ++i)
      out[i][row] = lines.levels[i] + static_cast<double>(value[i]);
  }
  return out;
}

}  // namespace codecrucible::measuring

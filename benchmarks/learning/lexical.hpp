#pragma once

#include "data.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace codecrucible::measuring {

// Words, pairs of words, and pieces of 3 to 5 characters of every prompt, counted once for all folds.
class Lexicon {
 public:
  explicit Lexicon(const Set& set);

  struct Counted {
    std::uint32_t term = 0;
    std::uint16_t times = 0;
  };
  // Of words and pairs, of pieces.
  const std::vector<Counted>& words(std::size_t row) const { return words_[row]; }
  const std::vector<Counted>& pieces(std::size_t row) const { return pieces_[row]; }
  static constexpr std::size_t terms = 1U << 18U;  // of each kind; hashes that meet are one term

 private:
  std::vector<std::vector<Counted>> words_, pieces_;
};

// Ridge regression on what is rare in a prompt (term frequency damped by its logarithm, times inverse
// document frequency; words and pieces each of length 1), its task, its shape and its word vector. The
// weighing knows the learning rows alone; so does the choice of the ridge, by a fifth of them that is held
// back.
class Lexical {
 public:
  // `numbers`: further inputs of each row, of about the size of 1.
  Lexical(const Lexicon& lexicon, const Set& set, const std::vector<std::vector<float>>& numbers,
          std::vector<std::size_t> learned);
  using Target = std::vector<double>;  // by row; of rows that are not learned from nothing is read
  // Predictions of each target for all rows. All at once: a term's weights for all targets lie side by side,
  // so that each prompt is gone through once.
  std::vector<Target> predicted(const std::vector<Target>& targets) const;

 private:
  using Sparse = std::vector<std::pair<std::uint32_t, float>>;
  struct Lines {
    std::size_t lanes = 0;       // targets, rounded up to whole registers
    std::vector<float> weights;  // [column × lanes + target]
    std::vector<double> levels;  // by target
  };
  struct Wish {
    std::size_t target = 0;
    double ridge = 0;
  };
  Lines fit(const std::vector<std::size_t>& rows, const std::vector<Target>& targets,
            const std::vector<Wish>& wishes) const;

  std::vector<Sparse> rows_;
  std::vector<std::size_t> learned_;
  std::size_t width_ = 0;
};

}  // namespace codecrucible::measuring

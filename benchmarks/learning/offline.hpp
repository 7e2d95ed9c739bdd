#pragma once

#include "data.hpp"

#include <string>
#include <vector>

namespace codecrucible::measuring {

// Expected score of every model for every row, each row judged by what was learned without its fold.
using Scores = std::vector<std::vector<double>>;

struct Ways {
  Scores table;   // mean per task
  Scores forest;  // randomised trees over task means, shape and word vectors of the prompt
  Scores grams;   // table + ridge regression of the residual on words and characters
  Scores words;   // ridge regression on rare words, pieces, task, shape and word vectors
  Scores blend;   // of all but the table
};
// Five folds by prompt. `labels`: at most so many rows to learn from; 0 = all.
Ways cross_validated(const Set& set, std::size_t labels = 0);
// `words` alone, which takes a part of the time.
Scores words_cross_validated(const Set& set);

struct Point {
  double cost = 0, quality = 0;
};
// Area under the non-decreasing upper hull of the points from `low` to `high`, over its width.
double hull_area(std::vector<Point> points, double low, double high);

struct Figures {
  double quality = 0;  // of the arg max
  double gap = 0;      // share of best fixed … oracle
  double aiq = 0;      // area under the non-decreasing hull of cost and quality, over its width
  double saved = 0;    // of the best fixed model's cost at 99 % of its quality
};
Figures figures_of(const Set& set, const Scores& scores);

// Area under the curve of quality over the share sent to the strong model; weak = 0, strong = 1.
double apgr(const Set& set, const Scores& scores);

}  // namespace codecrucible::measuring

#pragma once

#include "confidence/weights.hpp"
#include "data.hpp"

#include <functional>
#include <vector>

namespace codecrucible::escalation {

// What the two measures of a pick need: is it good, and would the stronger model's be.
struct Judged {
  std::vector<double> alone, pair;  // P(good), by row; pair only where there is a second answer
};

// One head for rows of one kind. `sets` are measured apart but learnt together: a head knows no model's name.
// Tables that feed the trees are fitted out of fold, so that the trees see them as they will be on new
// questions.
class Fitting {
 public:
  explicit Fitting(std::vector<const Set*> sets);
  // Fits on all rows whose fold is not `without` (-1: on all).
  confidence::Head fit(int without) const;
  // P(good) by the head, of one set's rows of fold `only`.
  void judge(const confidence::Head& head, const Set& set, int only, Judged& out) const;

 private:
  std::vector<const Set*> sets_;
  std::vector<const Row*> rows_;
  confidence::Comparable kind_;
};

}  // namespace codecrucible::escalation

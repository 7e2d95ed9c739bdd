#include "router/compiled.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::router {
namespace {

bool covers(const std::vector<std::string>& users, const std::vector<std::string>& others) {
  if (users.empty()) return true;
  return !others.empty() && std::all_of(others.begin(), others.end(), [&](const std::string& user) {
    return std::find(users.begin(), users.end(), user) != users.end();
  });
}

struct Spelling {
  std::optional<bool> constant;
  std::vector<std::string> conjuncts, disjuncts;
};

// True if `first` is true whenever `second` is, as far as their spelling shows: first is always true, or its
// parts joined by && are all among second's, or second's parts joined by || are all among first's.
bool implied(const Spelling& first, const Spelling& second) {
  if (first.constant == true) return true;
  if (first.constant || second.constant) return false;
  return std::includes(second.conjuncts.begin(), second.conjuncts.end(), first.conjuncts.begin(),
                       first.conjuncts.end()) ||
         std::includes(first.disjuncts.begin(), first.disjuncts.end(), second.disjuncts.begin(),
                       second.disjuncts.end());
}

}  // namespace

void find_unreachable(const Compiled& compiled, std::vector<Problem>& problems) {
  const auto warn = [&](std::size_t index, std::string message) {
    Problem problem;
    problem.fatal = false;
    problem.place = "routing.rules[" + std::to_string(index) + "].condition";
    problem.line = compiled.rules[index].source.line;
    problem.column = compiled.rules[index].source.column;
    problem.message = std::move(message);
    problems.push_back(std::move(problem));
  };
  std::vector<Spelling> spelled;
  for (const auto& rule : compiled.rules) {
    const auto& condition = rule.condition;
    spelled.push_back({condition.constant(), condition.conjuncts(), condition.disjuncts()});
  }
  for (std::size_t i = 0; i < compiled.rules.size(); ++i) {
    const auto& rule = compiled.rules[i];
    if (!rule.source.enabled) continue;
    const auto hopeless = rule.condition.hopeless();
    if (spelled[i].constant == false) {
      warn(i, "this condition is never true" + (hopeless.empty() ? "" : ": " + hopeless.front()));
      continue;
    }
    for (const auto& part : hopeless) warn(i, "a part of this condition is never true: " + part);
    for (std::size_t j = 0; j < i; ++j) {
      const auto& earlier = compiled.rules[j];
      const bool same_scope = earlier.source.enabled &&
                              (earlier.honours_explicit || !rule.honours_explicit) &&
                              covers(earlier.source.users, rule.source.users);
      if (!same_scope || !implied(spelled[j], spelled[i])) continue;
      warn(i, "this rule can never speak: rule " + std::to_string(j + 1) + " (" + earlier.name +
                  ") is true whenever this one is");
      break;
    }
  }
}

}  // namespace codecrucible::router

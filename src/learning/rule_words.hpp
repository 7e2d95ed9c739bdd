#pragma once

#include "learning/words.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace codecrucible::learning {

// How often what a rule chose first proved good: weighted words about it, by the rule's name. Not
// thread-safe.
class RuleWords {
 public:
  struct Kept {
    double good = 0, weight = 0;  // sums
    std::uint64_t words = 0;
    double share() const noexcept { return weight > 0 ? good / weight : 0; }
  };

  // Old words about that rule fade by `keep` (0 < keep <= 1).
  void learn(std::string_view rule, double quality, double weight, double keep);
  const std::map<std::string, Kept, std::less<>>& rules() const noexcept { return rules_; }

  void write(std::string& out) const;
  bool read(Words& words);  // false: of another form, nothing changes

 private:
  std::map<std::string, Kept, std::less<>> rules_;
};

}  // namespace codecrucible::learning

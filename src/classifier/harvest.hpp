#pragma once

#include "core/task.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::classifier {

// What somebody said a request was: "debugging", or "debugging/complex".
struct Label {
  core::TaskType type = core::TaskType::general;
  std::optional<core::Complexity> complexity;
};
std::optional<Label> label_of(std::string_view text) noexcept;

// The last thing a user said in a conversation as the history keeps it ("[system] …\n[user] …"); all of it if
// nobody is named.
std::string_view last_question(std::string_view kept) noexcept;

struct Labelled {
  std::string prompt;
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
};

// Prompts of real use that are fit to learn from, and a part of them that is held back to judge by.
struct Harvest {
  std::vector<Labelled> learn, held;
  std::size_t unfit = 0;         // too short or too long
  std::size_t repeated = 0;      // near-duplicates of one that is taken
  std::size_t contradicted = 0;  // near-duplicates with different labels: nobody is believed
  std::size_t surplus = 0;       // beyond twice the mean of all kinds of tasks that occur: the oldest go
};
// `labelled` newest first. Near-duplicates count once, so that none is on both sides. The same seed holds
// back the same prompts, also when more have come.
Harvest harvest(std::vector<Labelled> labelled, double held_share, std::uint64_t seed);

// Whether `fresh` right answers against `old` ones on the same prompts are more than luck: the difference of
// those that only one of the two got right, one-sided 90 %.
bool surely_better(const std::vector<bool>& old, const std::vector<bool>& fresh) noexcept;

}  // namespace codecrucible::classifier

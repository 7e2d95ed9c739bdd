#include "classifier/harvest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace codecrucible;
using namespace codecrucible::classifier;

namespace {

// Words that no other number has.
std::string prompt(int number, const std::string& about) {
  std::string text = about;
  for (int i = 0; i < 8; ++i) {
    text += ' ';
    for (int rest = number * 8 + i + 1; rest > 0; rest /= 26) text += static_cast<char>('a' + rest % 26);
    text += "ish";
  }
  return text;
}

}  // namespace

TEST_CASE("harvest: a label names a task, and a complexity if it wants") {
  CHECK(label_of("debugging")->type == core::TaskType::debugging);
  CHECK_FALSE(label_of("debugging")->complexity);
  CHECK(label_of("multi-file/complex")->complexity == core::Complexity::complex);
  for (const char* const other : {"", "nice", "debugging/", "debugging/huge", "/complex"}) {
    CAPTURE(other);
    CHECK_FALSE(label_of(other));
  }
}

TEST_CASE("harvest: what the user said last is what was labelled") {
  CHECK(last_question("[system] be kind\n[user] first\n[assistant] yes\n[user] and\nthen?") == "and\nthen?");
  CHECK(last_question("[user] only") == "only");
  CHECK(last_question("[user] call it\n[assistant] \n[tool] 42") == "call it");
  CHECK(last_question("a raw prompt") == "a raw prompt");
}

TEST_CASE(
    "harvest: repeated prompts count once, contradicted ones not at all, no kind outweighs the others") {
  std::vector<Labelled> all;
  const auto add = [&](const std::string& text, core::TaskType type) { all.push_back({text, type, {}}); };
  for (int i = 0; i < 60; ++i) add(prompt(i, "fix"), core::TaskType::debugging);
  for (int i = 60; i < 70; ++i) add(prompt(i, "plan"), core::TaskType::planning);
  add(prompt(3, "fix"), core::TaskType::debugging);
  add(prompt(65, "plan"), core::TaskType::edit);
  add("hi", core::TaskType::general);
  const auto found = harvest(all, 0.25, 1);
  CHECK(found.unfit == 1);
  CHECK(found.repeated == 1);
  CHECK(found.contradicted == 2);
  // 69 of two kinds: none has more than 69.
  CHECK(found.surplus == 0);
  CHECK(found.learn.size() + found.held.size() == 69);
  CHECK(found.held.size() > 5);
  CHECK(found.held.size() < 35);
  std::set<std::string> learned;
  for (const auto& one : found.learn) learned.insert(one.prompt);
  for (const auto& one : found.held) CHECK_FALSE(learned.contains(one.prompt));

  for (int i = 100; i < 110; ++i) {
    add(prompt(i, "write"), core::TaskType::template_);
    add(prompt(i + 100, "format"), core::TaskType::format);
  }
  const auto balanced = harvest(all, 0.25, 1);
  CHECK(balanced.surplus == 60 - 2 * 89 / 4);
  // Who is held back stays held back when more have come.
  for (const auto& one : found.held) {
    CHECK(std::none_of(balanced.learn.begin(), balanced.learn.end(),
                       [&](const Labelled& other) { return other.prompt == one.prompt; }));
  }
}

TEST_CASE("harvest: better is what luck does not explain") {
  const std::vector<bool> half{true, false, true, false, true, false, true, false, true, false};
  auto fresh = half;
  CHECK_FALSE(surely_better(half, fresh));
  fresh[1] = true;
  CHECK_FALSE(surely_better(half, fresh));  // one prompt is luck
  fresh[3] = fresh[5] = true;
  CHECK(surely_better(half, fresh));
  CHECK_FALSE(surely_better(fresh, half));
}

#pragma once

#include "cache/answer.hpp"
#include "cache/exact.hpp"
#include "cache/key.hpp"
#include "cache/semantic/judge.hpp"
#include "cache/semantic/meaning.hpp"
#include "cache/settings.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::cache {

// The part of a request that may be said in other words: the text of its last message, if that is the user's
// and nothing but text of a sane length. Empty: there is none.
std::string_view free_text(const core::ChatRequest& request) noexcept;
// Names everything else about the request: only within such a group are texts compared.
Key group_of(const core::ChatRequest& request, const Circumstances& circumstances);

// Answers to requests that mean the same, within groups that differ in nothing but one text. Bounded by
// bytes; the group not used for longest gives its oldest answers first. Any thread may call it.
class Semantic {
 public:
  using Clock = std::chrono::system_clock;

  Semantic(const SemanticSettings& settings, Embed embed);
  ~Semantic();

  // The nearest stored answer, and whether it may be told.
  struct Found {
    AnswerPtr answer;  // null: nothing alike
    Likeness likeness;
    double risk = 1;    // that it is wrong; only where a bound is kept
    bool told = false;  // may be told; false: generate, and tell `learn` whether it would have been right
    std::uint64_t label = 0;
  };
  // `chance` in [0, 1) picks those that are generated although they might be told. `meaning`: of the text, by
  // another model; all of one group have theirs from the same. Null: the built-in one.
  Found look_up(const Key& group, std::string_view text, Clock::time_point now, double chance,
                const Meaning* meaning = nullptr);
  // What was generated in spite of `found`: is it the same answer?
  void learn(const Key& group, const Found& found, bool same);
  // `like`: its answer is the same as this one, so that the two do not speak against each other.
  void keep(const Key& group, std::string_view text, AnswerPtr answer, const Found* like = nullptr,
            const Meaning* meaning = nullptr);

  std::size_t clear(const Choice& choice);
  void apply(const SemanticSettings& settings);
  std::size_t bytes() const;
  std::size_t answers() const;

 private:
  struct Group;
  struct Groups;
  std::unique_ptr<Groups> inside_;
};

}  // namespace codecrucible::cache

#pragma once

#include "core/event.hpp"
#include "core/think_tags.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire {

// Turns reasoning that a server left in the text, between <think> and </think> before the answer, into
// reasoning events (traps B17). The tags may be cut anywhere: what could still become one is held back.
// Blanks next to a tag go with it. A server that sends reasoning of its own is believed. One per reply.
class ThinkSplitter {
 public:
  explicit ThinkSplitter(core::ThinkTags tags) : tags_(tags) {}

  // Replaces `events` by what they are without the tags. Views stay valid until the next call.
  void split(core::Events& events);

 private:
  enum class Place : std::uint8_t { before, thinking, answer };
  struct Choice {
    Place place = Place::before;
    bool fresh = true;  // nothing but blanks since the last tag: they are dropped
    std::string held;   // could be the beginning of a tag
  };
  Choice& choice_of(const core::Event& event);
  void take(Choice& choice, core::Event event, std::string_view text);
  void emit(Choice& choice, core::Event event, std::string_view text);
  void let_go(std::size_t index);

  core::ThinkTags tags_;
  std::vector<Choice> choices_;
  std::deque<std::string> kept_;  // texts that events of this call point to
  core::Events out_;
};

}  // namespace codecrucible::wire

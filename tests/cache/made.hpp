#pragma once

#include "cache/answer.hpp"
#include "cache/key.hpp"

#include <memory>
#include <string>

namespace codecrucible::cache::tests {

inline Key key(std::uint64_t number) {
  // As spread as real ones.
  const auto mixed = (number + 1) * 0x9E3779B97F4A7C15ULL;
  return {mixed ^ (mixed >> 29), mixed * 0xBF58476D1CE4E5B9ULL};
}

inline core::Event piece(std::string_view text, core::Event::Kind kind = core::Event::Kind::text,
                         std::int32_t choice = 0) {
  core::Event event;
  event.kind = kind;
  event.text = text;
  event.choice = choice;
  return event;
}

// An answer that holds `size` bytes of text, good for an hour.
inline AnswerPtr answer(std::size_t size, const std::string& tenant = {}, const std::string& model = "m") {
  auto made = std::make_shared<Answer>();
  pack(piece(std::string(size, 'x')), made->events);
  made->events.shrink_to_fit();
  made->origin.tenant = tenant;
  made->origin.model = model;
  made->made = std::chrono::system_clock::now();
  made->ttl = std::chrono::hours(1);
  return made;
}

}  // namespace codecrucible::cache::tests

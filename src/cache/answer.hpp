#pragma once

#include "core/event.hpp"
#include "core/task.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::cache {

// Who answered, as clients are told; the same for everybody who gets the answer.
struct Origin {
  std::string tenant;
  std::string asked;     // the model's name in the request
  std::string provider;  // host and model that answered
  std::string model;
  std::string shown;  // name in the reply
  std::string rule;
  std::string headers;    // lines of the decision, each ending in \r\n
  bool concrete = false;  // the client named the model
};

// A complete answer, in no dialect. Immutable.
struct Answer {
  Origin origin;
  std::string events;  // packed
  core::Usage usage;
  std::chrono::system_clock::time_point made{};
  std::chrono::milliseconds ttl{};

  bool good_at(std::chrono::system_clock::time_point now) const noexcept { return now < made + ttl; }
  // Memory it takes in a store, its place there included.
  std::size_t bytes() const noexcept;
};
using AnswerPtr = std::shared_ptr<const Answer>;

// Appends one event as a few bytes. Failures are not packed.
void pack(const core::Event& event, std::string& out);

// Joins what lies next to each other: pieces of text of one choice become one of up to `longest` bytes. The
// meaning stays, the replay costs less.
std::string joined(std::string_view packed, std::size_t longest = 512);

// Reads packed events; views point into the bytes given.
class Unpacker {
 public:
  explicit Unpacker(std::string_view packed) : packed_(packed) {}
  // False at the end, or before an event of which a part is missing.
  bool next(core::Event& event);
  std::size_t consumed() const noexcept { return at_; }

 private:
  bool number(std::uint64_t& value);
  bool text(std::string_view& value);
  bool usage(core::Event& event);

  std::string_view packed_;
  std::size_t at_ = 0;   // behind the last whole event
  std::size_t pos_ = 0;  // in the event that is being read
};

}  // namespace codecrucible::cache

#pragma once

#include "core/arena.hpp"
#include "core/failure.hpp"
#include "wire/json_reader.hpp"
#include "wire/openai/source_map.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace codecrucible::wire::openai {

// Reads the typed fields of a request body and remembers the first thing that is wrong with it, in words for
// the person who sent it. A null is an absent field. Every function returns false once something was wrong.
class RequestReader {
 public:
  RequestReader(std::string_view body, core::Arena& memory) : json(body), arena(memory), body_(body) {
    json.refuse_lone_surrogates();
  }

  JsonReader json;
  core::Arena& arena;

  // Inside the element `index` of the array `list`: the names of fields at fault begin with it.
  class Inside {
   public:
    Inside(RequestReader& reader, std::string_view list, std::size_t index) : reader_(reader) {
      reader.places_[reader.depth_++] = {list, index};
    }
    ~Inside() { --reader_.depth_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    RequestReader& reader_;
  };

  bool refuse(std::string detail, std::string_view field, core::Cause cause = core::Cause::bad_request);
  // What was wrong; a problem of the JSON itself if no field was refused.
  core::Failure failure() const;

  // True if the value is null, which is passed.
  bool null();
  bool number(std::optional<double>& out, std::string_view field, double low, double high);
  bool integer(std::optional<std::int64_t>& out, std::string_view field,
               std::int64_t low = std::numeric_limits<std::int64_t>::min(),
               std::int64_t high = std::numeric_limits<std::int64_t>::max());
  bool flag(std::optional<bool>& out, std::string_view field);
  bool text(std::string_view& out, std::string_view field);
  bool raw(std::string_view& out) { return json.skip(out); }
  // The raw text of an object (or of null: then empty).
  bool raw_object(std::string_view& out, std::string_view field);
  bool enter_object(std::string_view field);
  bool enter_array(std::string_view field);
  bool next_key(std::string_view& key);
  // Passes over a member that has no name here, and notes it: `within` is the object it stands in
  // ("function.").
  bool pass_over(std::string_view key, std::string_view within = {});
  std::vector<Unread> take_unread() { return std::move(unread_); }

  // The body from `start` to where we are.
  std::string_view text_from(std::size_t start) const { return body_.substr(start, json.position() - start); }

  // Where the value that was just read stands; `from` is a position before it.
  Span span(std::size_t from) const {
    return {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(json.position() - from)};
  }
  // Start of the next value, blanks skipped.
  std::size_t value_start() {
    json.kind();
    return json.position();
  }

 private:
  struct Place {
    std::string_view list;
    std::size_t index = 0;
  };
  std::string path(std::string_view field) const;

  std::string_view body_;
  std::array<Place, 4> places_{};
  std::size_t depth_ = 0;
  std::optional<core::Failure> failure_;
  std::vector<Unread> unread_;
};

}  // namespace codecrucible::wire::openai

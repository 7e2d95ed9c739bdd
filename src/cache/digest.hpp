#pragma once

#include "cache/key.hpp"

#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::cache {

// Gathers fields into one hash. Each has a tag and its length, so that no two lists of fields run together.
class Digest {
 public:
  void text(char tag, std::string_view value) {
    number(tag, value.size());
    if (value.size() > buffered) {
      spill(value);
    } else {
      bytes_ += value;
    }
  }
  // Nothing is added for an empty text: absent and empty mean the same.
  void some(char tag, std::string_view value) {
    if (!value.empty()) text(tag, value);
  }
  template <class Integer>
  void number(char tag, Integer value) {
    const auto wide = static_cast<std::uint64_t>(value);
    char raw[9];
    raw[0] = tag;
    std::memcpy(raw + 1, &wide, sizeof wide);
    bytes_.append(raw, sizeof raw);
  }
  template <class T>
  void some(char tag, const std::optional<T>& value) {
    if (!value) return;
    if constexpr (std::is_floating_point_v<T>) {
      number(tag, std::bit_cast<std::uint64_t>(*value == 0 ? 0.0 : *value));  // -0 is 0
    } else {
      number(tag, *value);
    }
  }
  // A JSON text by its meaning.
  void json(char tag, std::string_view value);
  void key(char tag, const Key& key) {
    number(tag, key.high);
    number(tag, key.low);
  }

  Key value() const;

 private:
  static constexpr std::size_t buffered = 4096;
  void spill(std::string_view large);  // its hash stands for it

  std::string bytes_;
};

// Hash of bytes.
Key hash_of(std::string_view bytes) noexcept;

// Hash of a JSON value that is the same for all ways to write it: white space, order of an object's members,
// escapes in strings, 1.0 for 1. A text that is no JSON is hashed as it stands.
Key hash_of_json(std::string_view text);

}  // namespace codecrucible::cache

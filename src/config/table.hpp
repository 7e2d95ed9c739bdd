#pragma once

#include "config/node.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::config {

class Reader;
struct Key;
using Shape = std::vector<Key>;

// What a value may be. One description serves reading, checking, documentation and the JSON schema.
struct Type {
  enum class Kind : unsigned char {
    boolean,
    integer,
    number,
    text,
    duration,
    bytes,
    choice,
    list,
    map,
    object,
    either
  };
  Kind kind = Kind::text;
  double min =
      -std::numeric_limits<double>::infinity();  // durations in ms, sizes in bytes; texts: shortest length
  double max = std::numeric_limits<double>::infinity();
  std::chrono::milliseconds bare{1};      // duration: what a number without unit counts
  std::vector<std::string_view> choices;  // in the order of the enum
  bool secret = false;                    // never shown
  std::shared_ptr<const Type> element;    // list, map
  std::shared_ptr<const Shape> shape;     // object
  std::vector<Type> forms;                // either: one of them
};

// One key of a map: its name, what it may be, what it means, and how it gets into settings and out again.
struct Key {
  std::string name;
  std::vector<std::string> also;  // other spellings that are understood
  Type type;
  std::string doc;      // sentences for the operator
  std::string example;  // YAML of a value, shown where the default says nothing
  bool required = false;
  std::function<void(void* object, const Node& node, Reader& reader)> read;
  std::function<Node(const void* object)> show;
};

// The whole table, as it stands under `hybrid:`; bound to Draft.
const Shape& table();

Type boolean();
Type integer(double min, double max);
Type number(double min, double max);
Type text();
Type nonempty();
Type secret();
Type duration(std::chrono::milliseconds min, std::chrono::milliseconds max,
              std::chrono::milliseconds bare = std::chrono::milliseconds{1});
Type wait();  // up to a day; 0: without end
Type bytes(double min, double max);
inline constexpr double kib = 1024, mib = 1024 * kib, gib = 1024 * mib, tib = 1024 * gib;
Type choice(std::vector<std::string_view> words);
Type list_of(Type element);
Type map_of(Type element);
Type object(Shape shape);
Type either(std::vector<Type> forms);

// "a whole number from 1 to 65535": for messages and documentation.
std::string describe(const Type& type);
// The same in short: "1..65535", "100ms..1h", "error | continue"; empty where there are no limits.
std::string limits(const Type& type);

}  // namespace codecrucible::config

#include "config/table.hpp"

#include "config/units.hpp"

#include <cmath>

namespace codecrucible::config {
namespace {

Type of(Type::Kind kind, double min, double max) {
  Type type;
  type.kind = kind;
  type.min = min;
  type.max = max;
  return type;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string shown(const Type& type, double bound) {
  if (type.kind == Type::Kind::duration) return to_text(std::chrono::milliseconds(std::llround(bound)));
  if (type.kind == Type::Kind::bytes) return bytes_to_text(static_cast<std::uint64_t>(bound));
  if (type.kind == Type::Kind::integer) return std::to_string(static_cast<std::int64_t>(bound));
  return number_to_text(bound);
}

std::string range(const Type& type) {
  if (std::isfinite(type.min) && std::isfinite(type.max))
    return " from " + shown(type, type.min) + " to " + shown(type, type.max);
  if (std::isfinite(type.min)) return " of at least " + shown(type, type.min);
  if (std::isfinite(type.max)) return " of at most " + shown(type, type.max);
  return {};
}

}  // namespace

Type boolean() {
  return of(Type::Kind::boolean, -infinity, infinity);
}
Type integer(double min, double max) {
  return of(Type::Kind::integer, min, max);
}
Type number(double min, double max) {
  return of(Type::Kind::number, min, max);
}
Type text() {
  return of(Type::Kind::text, 0, infinity);
}
Type nonempty() {
  return of(Type::Kind::text, 1, infinity);
}

Type secret() {
  Type type = text();
  type.secret = true;
  return type;
}

Type duration(std::chrono::milliseconds min, std::chrono::milliseconds max, std::chrono::milliseconds bare) {
  Type type = of(Type::Kind::duration, static_cast<double>(min.count()), static_cast<double>(max.count()));
  type.bare = bare;
  return type;
}

Type wait() {
  return duration(std::chrono::milliseconds{0}, std::chrono::hours{24});
}

Type bytes(double min, double max) {
  return of(Type::Kind::bytes, min, max);
}

Type choice(std::vector<std::string_view> words) {
  Type type = of(Type::Kind::choice, -infinity, infinity);
  type.choices = std::move(words);
  return type;
}

Type list_of(Type element) {
  Type type = of(Type::Kind::list, -infinity, infinity);
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

Type map_of(Type element) {
  Type type = of(Type::Kind::map, -infinity, infinity);
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

Type object(Shape shape) {
  Type type = of(Type::Kind::object, -infinity, infinity);
  type.shape = std::make_shared<const Shape>(std::move(shape));
  return type;
}

Type either(std::vector<Type> forms) {
  Type type = of(Type::Kind::either, -infinity, infinity);
  type.forms = std::move(forms);
  return type;
}

std::string limits(const Type& type) {
  std::string out;
  for (const std::string_view word : type.choices) out += (out.empty() ? "" : " | ") + std::string(word);
  const bool counted = type.kind == Type::Kind::integer || type.kind == Type::Kind::number ||
                       type.kind == Type::Kind::duration || type.kind == Type::Kind::bytes;
  if (counted && std::isfinite(type.min) && std::isfinite(type.max))
    out = shown(type, type.min) + ".." + shown(type, type.max);
  return out;
}

std::string describe(const Type& type) {
  switch (type.kind) {
    case Type::Kind::boolean:
      return "true or false";
    case Type::Kind::integer:
      return "a whole number" + range(type);
    case Type::Kind::number:
      return "a number" + range(type);
    case Type::Kind::text:
      return type.min >= 1 ? "text that is not empty" : "text";
    case Type::Kind::duration:
      return "a duration" + range(type) + " (a bare number counts " +
             (type.bare.count() == 1      ? "milliseconds"
              : type.bare.count() == 1000 ? "seconds"
                                          : to_text(type.bare)) +
             ")";
    case Type::Kind::bytes:
      return "a size" + range(type);
    case Type::Kind::choice: {
      std::string words;
      for (std::size_t i = 0; i < type.choices.size(); ++i)
        words += std::string(i == 0                         ? ""
                             : i + 1 == type.choices.size() ? " or "
                                                            : ", ") +
                 std::string(type.choices[i]);
      return words;
    }
    case Type::Kind::list:
      return "a list; each entry " + describe(*type.element);
    case Type::Kind::map:
      return "a map of name: " + describe(*type.element);
    case Type::Kind::object:
      return "a map of keys";
    case Type::Kind::either: {
      std::string forms;
      for (const Type& form : type.forms) forms += (forms.empty() ? "" : "; or ") + describe(form);
      return forms;
    }
  }
  return {};
}

}  // namespace codecrucible::config

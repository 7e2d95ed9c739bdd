#pragma once

#include "core/failure.hpp"

#include <simdjson.h>

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

// For the .cpp files of this folder only.
namespace codecrucible::wire::ollama {

using JsonValue = simdjson::ondemand::value;

// Walks one JSON object forward, once, and hands out views that stay: into the text itself where a string has
// no escapes, else into `memory`; never into the parser's buffers. All readers return false after the first
// fault, which take_failure() then tells with the path of the field. null always reads as "not given".
class JsonReader {
 public:
  explicit JsonReader(std::pmr::memory_resource* memory) : memory_(memory) {}

  // The object that `text` is; `text` is followed by 64 readable bytes. Calls each(key, value) for every
  // member.
  template <class Each>
  bool document(std::string_view text, Each each) {
    simdjson::ondemand::document parsed;
    simdjson::ondemand::object object;
    if (!open(text, parsed, object)) return false;
    const bool good = members(object, each) && closed(parsed);
    if (!good) locate(text, parsed);
    release();
    return good;
  }

  template <class Each>
  bool object(JsonValue& value, Each each) {
    simdjson::ondemand::object found;
    if (value.get_object().get(found)) return wrong_type("an object");
    return members(found, each);
  }

  // Calls each(item) with the item's index in the path.
  template <class Each>
  bool array(JsonValue& value, Each each) {
    simdjson::ondemand::array found;
    if (value.get_array().get(found)) return wrong_type("an array");
    if (depth_ == max_steps) return broken();
    Step& step = steps_[depth_++];
    step = {{}, 0};
    for (auto item : found) {
      JsonValue element;
      if (item.get(element)) return broken();
      if (!each(element)) return false;
      ++step.index;
    }
    --depth_;
    return true;
  }

  bool text(JsonValue& value, std::string_view& out);
  bool number(JsonValue& value, std::optional<double>& out);
  // Whole numbers; 3.0 counts as one.
  bool integer(JsonValue& value, std::optional<std::int64_t>& out);
  bool boolean(JsonValue& value, std::optional<bool>& out);
  // The value as it stands in the text, checked to be JSON in all its depth.
  bool raw(JsonValue& value, std::string_view& out);
  // Judges by the first letter; false as well if the value cannot be read at all.
  static bool is(JsonValue& value, simdjson::ondemand::json_type type);
  static bool is_null(JsonValue& value);

  // A key given to `each`, as a view that stays.
  std::string_view kept(std::string_view key) { return copy(key); }
  std::string_view copy(std::string_view text);

  bool wrong_type(std::string_view wanted);
  bool refuse(std::string detail);  // with the path of the field at hand
  bool missing(std::string detail, std::string_view field);
  bool broken();
  core::Failure take_failure();

 private:
  struct Step {
    std::string_view name;
    std::size_t index = 0;
  };
  static constexpr int max_steps = 12;

  template <class Each>
  bool members(simdjson::ondemand::object& object, Each& each) {
    if (depth_ == max_steps) return broken();
    Step& step = steps_[depth_++];
    for (auto field : object) {
      std::string_view key;
      if (field.unescaped_key().get(key)) return broken();
      step = {key, 0};
      JsonValue value;
      if (field.value().get(value)) return broken();
      if (!each(key, value)) return false;
    }
    --depth_;
    return true;
  }

  bool open(std::string_view text, simdjson::ondemand::document& parsed, simdjson::ondemand::object& object);
  bool closed(simdjson::ondemand::document& parsed);
  void locate(std::string_view text, simdjson::ondemand::document& parsed);
  static void release();
  std::string path() const;

  std::pmr::memory_resource* memory_;
  Step steps_[max_steps];
  int depth_ = 0;
  bool broken_ = false;  // the failure is that of a text that is not JSON
  std::optional<core::Failure> failure_;
};

}  // namespace codecrucible::wire::ollama

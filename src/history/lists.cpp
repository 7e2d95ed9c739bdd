#include "history/lists.hpp"

#include "core/json_text.hpp"
#include "history/columns.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace codecrucible::history {
namespace {

using nlohmann::json;
using std::chrono::duration_cast;
using std::chrono::microseconds;

// In 1/10,000.
std::int64_t in_parts(float value) {
  constexpr float most = 1e12F;
  return std::llround(std::clamp(std::isfinite(value) ? value : 0.0F, -most, most) * 1e4F);
}
float from_parts(const json& value) {
  return value.is_number() ? static_cast<float>(value.get<double>() / 1e4) : 0.0F;
}

// One object of a list, member after member.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += out_.back() == '[' ? "{" : ",{"; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    member(name);
    core::append_string(out_, value);
  }
  void number(std::string_view name, double value) {
    member(name);
    core::append_double(out_, value);
  }
  // Four decimals are enough for an estimate, and cost a tenth of the shortest exact form.
  void estimate(std::string_view name, float value) {
    const auto scaled = in_parts(value);
    auto parts = static_cast<std::uint64_t>(std::labs(scaled));
    char text[room];
    char* at = begin(text, name);
    if (scaled < 0) *at++ = '-';
    at = std::to_chars(at, text + room, parts / 10'000).ptr;
    parts %= 10'000;
    if (parts != 0) {
      *at++ = '.';
      for (std::uint64_t digit = 1000; parts != 0; parts %= digit, digit /= 10)
        *at++ = static_cast<char>('0' + parts / digit);
    }
    out_.append(text, at);
  }
  void whole(std::string_view name, std::int64_t value) {
    char text[room];
    char* const at = begin(text, name);
    out_.append(text, std::to_chars(at, text + room, value).ptr);
  }
  void time(std::string_view name, core::Duration value) {
    if (value != core::Duration{}) whole(name, duration_cast<microseconds>(value).count());
  }
  void flag(std::string_view name, bool value) {
    if (!value) return;
    member(name);
    out_ += "true";
  }

 private:
  static constexpr std::size_t room = 96;  // for the longest name and a number
  // `,"name":` into `text`; where it ends.
  char* begin(char* text, std::string_view name) const {
    char* at = text;
    if (out_.back() != '{') *at++ = ',';
    *at++ = '"';
    at = std::copy(name.begin(), name.end(), at);
    *at++ = '"';
    *at++ = ':';
    return at;
  }
  void member(std::string_view name) {
    char text[room];
    out_.append(text, begin(text, name));
  }
  std::string& out_;
};

std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class T>
T number(const json& object, const char* name, T otherwise = {}) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<T>() : otherwise;
}

core::Duration time(const json& object, const char* name) {
  return microseconds(number<std::int64_t>(object, name));
}

bool flag(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

json list_of(std::string_view text) {
  auto list = text.empty() ? json::array() : json::parse(text, nullptr, false);
  return list.is_array() ? list : json::array();
}

}  // namespace

void append_list(std::string& out, const std::vector<Candidate>& candidates) {
  out += '[';
  for (const auto& one : candidates) {
    Object object(out);
    object.text("host", one.host);
    object.text("model", one.model);
    object.estimate("utility", one.utility);
    object.estimate("quality", one.quality);
    object.estimate("seconds", one.seconds);
    object.estimate("seconds_first", one.seconds_first);
  }
  out += ']';
}

void append_packed(std::string& out, const std::vector<Candidate>& candidates) {
  out += '[';
  for (const auto& one : candidates) {
    out += out.back() == '[' ? "[" : ",[";
    core::append_string(out, one.host);
    out += ',';
    core::append_string(out, one.model);
    char text[4 * 24];
    char* at = text;
    for (const float value : {one.utility, one.quality, one.seconds, one.seconds_first}) {
      *at++ = ',';
      at = std::to_chars(at, text + sizeof text, in_parts(value)).ptr;
    }
    *at++ = ']';
    out.append(text, at);
  }
  out += ']';
}

void append_list(std::string& out, const std::vector<Attempt>& attempts) {
  out += '[';
  for (const auto& one : attempts) {
    Object object(out);
    object.text("host", one.host);
    object.text("model", one.model);
    object.time("began_us", one.began);
    object.time("first_us", one.first);
    object.time("ended_us", one.ended);
    object.time("load_us", one.load);
    if (one.failure) object.text("failure", core::label(*one.failure));
    if (one.prompt_tokens >= 0) object.whole("prompt_tokens", one.prompt_tokens);
    if (one.completion_tokens >= 0) object.whole("completion_tokens", one.completion_tokens);
    if (one.confidence >= 0) object.estimate("confidence", one.confidence);
    object.flag("held", one.held);
    object.text("verdict", one.verdict);
  }
  out += ']';
}

void append_list(std::string& out, const std::vector<Signal>& signals) {
  out += '[';
  for (const auto& one : signals) {
    Object object(out);
    object.text("kind", name(one.kind));
    object.number("value", one.value);
    object.number("weight", one.weight);
    object.whole("at_us", duration_cast<microseconds>(one.at.time_since_epoch()).count());
    object.text("label", one.label);
    object.text("comment", one.comment);
    object.text("model", one.model);
  }
  out += ']';
}

void read_list(std::string_view json_text, std::vector<Candidate>& candidates) {
  candidates.clear();
  for (const auto& object : list_of(json_text)) {
    Candidate one;
    if (object.is_array() && object.size() == 6 && object[0].is_string() && object[1].is_string()) {
      one.host = object[0];
      one.model = object[1];
      one.utility = from_parts(object[2]);
      one.quality = from_parts(object[3]);
      one.seconds = from_parts(object[4]);
      one.seconds_first = from_parts(object[5]);
      candidates.push_back(std::move(one));
      continue;
    }
    if (!object.is_object()) continue;
    one.host = text(object, "host");
    one.model = text(object, "model");
    one.utility = number<float>(object, "utility");
    one.quality = number<float>(object, "quality");
    one.seconds = number<float>(object, "seconds");
    one.seconds_first = number<float>(object, "seconds_first");
    candidates.push_back(std::move(one));
  }
}

void read_list(std::string_view json_text, std::vector<Attempt>& attempts) {
  attempts.clear();
  for (const auto& object : list_of(json_text)) {
    if (!object.is_object()) continue;
    Attempt one;
    one.host = text(object, "host");
    one.model = text(object, "model");
    one.began = time(object, "began_us");
    one.first = time(object, "first_us");
    one.ended = time(object, "ended_us");
    one.load = time(object, "load_us");
    one.failure = cause_of(text(object, "failure"));
    one.prompt_tokens = number<std::int64_t>(object, "prompt_tokens", -1);
    one.completion_tokens = number<std::int64_t>(object, "completion_tokens", -1);
    one.confidence = number<float>(object, "confidence", -1.0F);
    one.held = flag(object, "held");
    one.verdict = text(object, "verdict");
    attempts.push_back(std::move(one));
  }
}

void read_list(std::string_view json_text, std::vector<Signal>& signals) {
  signals.clear();
  for (const auto& object : list_of(json_text)) {
    const auto kind = object.is_object() ? signal_kind_of(text(object, "kind")) : std::nullopt;
    if (!kind) continue;
    Signal one;
    one.kind = *kind;
    one.value = number<double>(object, "value");
    one.weight = number<double>(object, "weight");
    one.at = Wall(microseconds(number<std::int64_t>(object, "at_us")));
    one.label = text(object, "label");
    one.comment = text(object, "comment");
    one.model = text(object, "model");
    signals.push_back(std::move(one));
  }
}

void append_json(std::string& out, const Cell& cell, bool json) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    core::append_number(out, *whole);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    core::append_double(out, *real);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    if (json) {
      out += *text;
    } else {
      core::append_string(out, *text);
    }
  } else {
    out += json ? "[]" : "null";
  }
}

void write_json(const Column& column, Record& record, const nlohmann::json& value, std::string& scratch) {
  if (value.is_number_integer()) {
    column.write(record, value.get<std::int64_t>());
  } else if (value.is_number()) {
    column.write(record, value.get<double>());
  } else if (value.is_string()) {
    column.write(record, std::string_view(value.get_ref<const std::string&>()));
  } else if (value.is_array()) {
    scratch = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    column.write(record, std::string_view(scratch));
  } else {
    column.write(record, Cell());
  }
}

}  // namespace codecrucible::history

#include "history/columns.hpp"

#include "history/lists.hpp"
#include "history/pseudonym.hpp"

#include <array>
#include <cmath>
#include <type_traits>

namespace codecrucible::history {
namespace {

using core::Duration;
using std::chrono::duration_cast;
using std::chrono::microseconds;

std::int64_t whole(const Cell& cell, std::int64_t otherwise = 0) {
  if (const auto* value = std::get_if<std::int64_t>(&cell)) return *value;
  if (const auto* value = std::get_if<double>(&cell)) return static_cast<std::int64_t>(*value);
  return otherwise;
}

double real(const Cell& cell, double otherwise = 0) {
  if (const auto* value = std::get_if<double>(&cell)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*value);
  return otherwise;
}

std::string_view text(const Cell& cell) {
  const auto* value = std::get_if<std::string_view>(&cell);
  return value == nullptr ? std::string_view() : *value;
}

// How a C++ type stands in a cell.
template <class T>
struct Form;

template <>
struct Form<std::string> {
  static constexpr std::string_view type = "TEXT";
  static Cell read(const std::string& value, std::string&) {
    if (value.empty()) return {};
    return std::string_view(value);
  }
  static void write(std::string& value, const Cell& cell) { value = text(cell); }
};

template <class T>
  requires std::is_integral_v<T>
struct Form<T> {
  static constexpr std::string_view type = "INTEGER";
  static Cell read(T value, std::string&) { return static_cast<std::int64_t>(value); }
  static void write(T& value, const Cell& cell) { value = static_cast<T>(whole(cell)); }
};

template <class T>
  requires std::is_floating_point_v<T>
struct Form<T> {
  static constexpr std::string_view type = "REAL";
  static Cell read(T value, std::string&) {
    // A float says no more than six decimals, and sixteen of a double's cost time and space.
    if constexpr (std::is_same_v<T, float>) return std::round(static_cast<double>(value) * 1e6) / 1e6;
    return static_cast<double>(value);
  }
  static void write(T& value, const Cell& cell) { value = static_cast<T>(real(cell)); }
};

template <>
struct Form<Duration> {
  static constexpr std::string_view type = "INTEGER";
  static Cell read(Duration value, std::string&) {
    return std::int64_t{duration_cast<microseconds>(value).count()};
  }
  static void write(Duration& value, const Cell& cell) { value = microseconds(whole(cell)); }
};

template <>
struct Form<Wall> {
  static constexpr std::string_view type = "INTEGER";
  static Cell read(Wall value, std::string&) {
    return std::int64_t{duration_cast<microseconds>(value.time_since_epoch()).count()};
  }
  static void write(Wall& value, const Cell& cell) { value = Wall(microseconds(whole(cell))); }
};

template <>
struct Form<std::optional<std::int64_t>> {
  static constexpr std::string_view type = "INTEGER";
  static Cell read(const std::optional<std::int64_t>& value, std::string&) {
    if (!value) return {};
    return *value;
  }
  static void write(std::optional<std::int64_t>& value, const Cell& cell) {
    value.reset();
    if (!std::holds_alternative<std::monostate>(cell)) value = whole(cell);
  }
};

template <>
struct Form<Source> {
  static constexpr std::string_view type = "TEXT";
  static Cell read(Source value, std::string&) { return name(value); }
  static void write(Source& value, const Cell& cell) {
    value = source_of(text(cell)).value_or(Source::backend);
  }
};

template <>
struct Form<core::TaskType> {
  static constexpr std::string_view type = "TEXT";
  static Cell read(core::TaskType value, std::string&) { return core::name(value); }
  static void write(core::TaskType& value, const Cell& cell) {
    value = core::task_type_of(text(cell)).value_or(core::TaskType::general);
  }
};

template <>
struct Form<core::Complexity> {
  static constexpr std::string_view type = "TEXT";
  static Cell read(core::Complexity value, std::string&) { return core::name(value); }
  static void write(core::Complexity& value, const Cell& cell) {
    value = core::complexity_of(text(cell)).value_or(core::Complexity::simple);
  }
};

template <>
struct Form<std::optional<core::Cause>> {
  static constexpr std::string_view type = "TEXT";
  static Cell read(const std::optional<core::Cause>& value, std::string&) {
    if (!value) return std::string_view("ok");
    return core::label(*value);
  }
  static void write(std::optional<core::Cause>& value, const Cell& cell) { value = cause_of(text(cell)); }
};

template <>
struct Form<std::optional<core::FinishReason>> {
  static constexpr std::string_view type = "TEXT";
  static Cell read(const std::optional<core::FinishReason>& value, std::string&) {
    if (!value) return {};
    return name(*value);
  }
  static void write(std::optional<core::FinishReason>& value, const Cell& cell) {
    value.reset();
    for (int i = 0; i <= static_cast<int>(core::FinishReason::content_filter); ++i) {
      if (name(static_cast<core::FinishReason>(i)) == text(cell)) value = static_cast<core::FinishReason>(i);
    }
  }
};

template <class Item>
struct Form<std::vector<Item>> {
  static constexpr std::string_view type = "TEXT";
  static Cell read(const std::vector<Item>& value, std::string& scratch) {
    scratch.clear();
    append_list(scratch, value);
    return std::string_view(scratch);
  }
  static void write(std::vector<Item>& value, const Cell& cell) { read_list(text(cell), value); }
};

template <auto Place>
using At = std::remove_cvref_t<decltype(Place(std::declval<Record&>()))>;

template <auto Place>
constexpr Column column(std::string_view name, int since = 1) {
  using T = At<Place>;
  constexpr bool list = std::is_same_v<T, std::vector<Candidate>> || std::is_same_v<T, std::vector<Attempt>>;
  return {name,
          Form<T>::type,
          list,
          since,
          [](const Record& record, std::string& scratch) { return Form<T>::read(Place(record), scratch); },
          [](Record& record, const Cell& cell) { Form<T>::write(Place(record), cell); }};
}

// Null instead of a number that says "unknown".
template <auto Place>
constexpr Column known(std::string_view name) {
  using T = At<Place>;
  return {name,
          Form<T>::type,
          false,
          1,
          [](const Record& record, std::string& scratch) -> Cell {
            const auto& value = Place(record);
            if (value < T{}) return {};
            return Form<T>::read(value, scratch);
          },
          [](Record& record, const Cell& cell) {
            if (std::holds_alternative<std::monostate>(cell)) {
              Place(record) = T(-1);
            } else {
              Form<T>::write(Place(record), cell);
            }
          }};
}

// Null instead of the time of something that did not happen.
template <auto Place>
constexpr Column moment(std::string_view name) {
  return {name,
          "INTEGER",
          false,
          1,
          [](const Record& record, std::string& scratch) -> Cell {
            if (Place(record) == Duration{}) return {};
            return Form<Duration>::read(Place(record), scratch);
          },
          [](Record& record, const Cell& cell) { Form<Duration>::write(Place(record), cell); }};
}

// What the classifier said; null if it was not asked.
template <auto Place>
constexpr Column classified(std::string_view name) {
  using T = At<Place>;
  return {name,
          Form<T>::type,
          false,
          1,
          [](const Record& record, std::string& scratch) -> Cell {
            if (!record.features.classified) return {};
            return Form<T>::read(Place(record), scratch);
          },
          [](Record& record, const Cell& cell) { Form<T>::write(Place(record), cell); }};
}

// A keyed hash, as hex digits.
template <auto Place>
constexpr Column hashed(std::string_view name) {
  return {name,
          "TEXT",
          false,
          1,
          [](const Record& record, std::string& scratch) -> Cell {
            if (Place(record) == 0) return {};
            scratch.clear();
            append_hex(scratch, Place(record));
            return std::string_view(scratch);
          },
          [](Record& record, const Cell& cell) { Place(record) = from_hex(text(cell)); }};
}

// The candidates: a list of many, so its rows are packed.
constexpr Column packed(Column column) {
  column.pack = [](const Record& record, std::string& out) { append_packed(out, record.ranked); };
  return column;
}

// Who answered last, for looking at the table; the truth is in `attempts`.
template <std::string Attempt::* Which>
constexpr Column answered(std::string_view name) {
  return {name,
          "TEXT",
          false,
          1,
          [](const Record& record, std::string&) -> Cell {
            if (record.attempts.empty()) return {};
            return std::string_view(record.attempts.back().*Which);
          },
          [](Record&, const Cell&) {}};
}

// A member is named, so it cannot stand in parentheses.
#define AT(path) [](auto& r) -> auto& { return r.path; }  // NOLINT(bugprone-macro-parentheses)

constexpr std::array table{
    column<AT(id)>("id"),
    column<AT(at)>("at_us"),
    column<AT(surface)>("surface"),
    hashed<AT(user)>("user"),
    hashed<AT(conversation)>("conversation"),
    column<AT(features.classified)>("classified"),
    classified<AT(features.task)>("task"),
    classified<AT(features.complexity)>("complexity"),
    classified<AT(features.score)>("score"),
    classified<AT(features.confidence)>("task_confidence"),
    column<AT(features.keywords)>("keywords"),
    column<AT(features.language)>("language"),
    column<AT(features.model_asked)>("model_asked"),
    column<AT(features.prefer)>("prefer"),
    column<AT(features.prompt_tokens)>("estimated_prompt_tokens"),
    column<AT(features.prompt_length)>("prompt_length"),
    column<AT(features.context_files)>("context_files"),
    column<AT(features.messages)>("messages"),
    column<AT(features.max_tokens)>("max_tokens"),
    column<AT(features.hour)>("hour"),
    column<AT(features.weekday)>("weekday"),
    column<AT(features.tools)>("tools"),
    column<AT(features.vision)>("vision"),
    column<AT(features.completion)>("completion"),
    column<AT(features.insert)>("fill_in"),
    column<AT(features.structured)>("structured"),
    column<AT(features.thinking)>("thinking"),
    column<AT(features.logprobs)>("logprobs"),
    column<AT(features.stream)>("stream"),
    column<AT(features.needs_code)>("needs_code"),
    column<AT(features.needs_structured)>("needs_structured"),
    column<AT(features.local_only)>("local_only"),
    column<AT(features.may_explore)>("may_explore"),
    column<AT(features.tool_loop)>("tool_loop"),
    column<AT(features.running)>("running"),
    column<AT(features.stayed)>("stayed"),
    column<AT(rule)>("rule"),
    column<AT(tier)>("tier"),
    column<AT(reason)>("reason"),
    column<AT(rule_confidence)>("rule_confidence"),
    column<AT(escalation_threshold)>("escalation_threshold"),
    column<AT(propensity)>("propensity"),
    column<AT(explored)>("explored"),
    column<AT(concrete)>("concrete"),
    answered<&Attempt::host>("host"),
    answered<&Attempt::model>("model"),
    packed(column<AT(ranked)>("ranked")),
    column<AT(attempts)>("attempts"),
    column<AT(config_version)>("config_version"),
    column<AT(source)>("source"),
    column<AT(escalated)>("escalated"),
    column<AT(failure)>("outcome"),
    column<AT(status)>("status"),
    column<AT(finish)>("finish"),
    column<AT(events)>("events"),
    column<AT(tool_calls)>("tool_calls"),
    known<AT(prompt_tokens)>("prompt_tokens"),
    known<AT(completion_tokens)>("completion_tokens"),
    known<AT(cached_tokens)>("cached_tokens"),
    known<AT(reasoning_tokens)>("reasoning_tokens"),
    known<AT(confidence)>("confidence"),
    column<AT(duration)>("duration_us"),
    moment<AT(first_token)>("first_token_us"),
    moment<AT(queued)>("queued_us"),
    column<AT(overhead)>("overhead_us"),
    column<AT(backends)>("backends_us"),
    column<AT(prompt_hash)>("prompt_hash"),
    column<AT(answer_hash)>("answer_hash"),
    column<AT(prompt)>("prompt"),
    column<AT(answer)>("answer"),
    column<AT(content_cut)>("content_cut"),
    column<AT(policy_version)>("policy_version", 2),
    column<AT(variant)>("variant", 2),
    column<AT(simulated)>("simulated", 2),
};

#undef AT

constexpr std::array<std::string_view, 4> sources{"backend", "exact_cache", "semantic_cache", "shared"};
constexpr std::array<std::string_view, signal_kinds> kinds{
    "score", "thumbs", "regenerate", "edit", "complaint", "tool_failure", "escalation", "abandoned"};
constexpr std::array<std::string_view, 4> finishes{"stop", "length", "tool_calls", "content_filter"};

}  // namespace

std::span<const Column> columns() noexcept {
  return table;
}

std::string_view name(Source source) noexcept {
  return sources[static_cast<std::size_t>(source)];
}
std::optional<Source> source_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] == name) return static_cast<Source>(i);
  }
  return std::nullopt;
}

std::string_view name(SignalKind kind) noexcept {
  return kinds[static_cast<std::size_t>(kind)];
}
std::optional<SignalKind> signal_kind_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == name) return static_cast<SignalKind>(i);
  }
  return std::nullopt;
}

std::optional<core::Cause> cause_of(std::string_view label) noexcept {
  for (int i = 0; i <= static_cast<int>(core::Cause::internal); ++i) {
    if (core::label(static_cast<core::Cause>(i)) == label) return static_cast<core::Cause>(i);
  }
  return std::nullopt;
}

std::string_view name(core::FinishReason reason) noexcept {
  return finishes[static_cast<std::size_t>(reason)];
}

std::string_view outcome_of(const Record& record) noexcept {
  return record.failure ? core::label(*record.failure) : std::string_view("ok");
}

}  // namespace codecrucible::history

#include "router/condition/variables.hpp"

#include "router/names.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace codecrucible::router::condition {
namespace {

constexpr std::array all{
    VariableInfo{"taskType", Variable::task_type, Type::task},
    VariableInfo{"complexity", Variable::complexity, Type::complexity},
    VariableInfo{"complexityScore", Variable::complexity_score, Type::number},
    VariableInfo{"classifierConfidence", Variable::classifier_confidence, Type::number},
    VariableInfo{"promptTokens", Variable::prompt_tokens, Type::number},
    VariableInfo{"maxTokens", Variable::max_tokens, Type::number},
    VariableInfo{"contextFiles", Variable::context_files, Type::number},
    VariableInfo{"promptLength", Variable::prompt_length, Type::number},
    VariableInfo{"keywords", Variable::keywords, Type::list},
    VariableInfo{"hasTools", Variable::has_tools, Type::boolean},
    VariableInfo{"hasImages", Variable::has_images, Type::boolean},
    VariableInfo{"hasCode", Variable::has_code, Type::boolean},
    VariableInfo{"structured", Variable::structured, Type::boolean},
    VariableInfo{"stream", Variable::stream, Type::boolean},
    VariableInfo{"model", Variable::model, Type::text},
    VariableInfo{"user", Variable::user, Type::text},
    VariableInfo{"surface", Variable::surface, Type::surface},
    VariableInfo{"prefer", Variable::prefer, Type::prefer},
    VariableInfo{"hour", Variable::hour, Type::number},
    VariableInfo{"weekday", Variable::weekday, Type::weekday},
    VariableInfo{"language", Variable::language, Type::text},
    VariableInfo{"toolLoop", Variable::tool_loop, Type::boolean},
    VariableInfo{"running", Variable::running, Type::boolean},
    VariableInfo{"headers", Variable::headers, Type::headers},
    VariableInfo{"vram.free", Variable::vram_free, Type::number},
    VariableInfo{"vram.total", Variable::vram_total, Type::number},
};

constexpr std::array per_provider{
    VariableInfo{"healthy", Variable::provider_healthy, Type::boolean},
    VariableInfo{"queue", Variable::provider_queue, Type::number},
    VariableInfo{"running", Variable::provider_running, Type::number},
};

constexpr std::array<std::string_view, 7> days{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 7> long_days{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr double gibibyte = 1024.0 * 1024.0 * 1024.0;

// A float widened to double: rounded, so that `complexityScore == 2.3` means what it says.
double rounded(float value) noexcept {
  return std::round(static_cast<double>(value) * 1000) / 1000;
}

// Several hosts: the largest free piece, for a model must fit into one of them; the total is the sum.
double vram(bool free, const core::FleetView& fleet) noexcept {
  double bytes = 0;
  for (const auto& host : fleet.hosts) {
    if (free) {
      bytes = std::max(bytes, static_cast<double>(host.vram_free.value_or(0)));
    } else {
      bytes += static_cast<double>(host.vram_total.value_or(0));
    }
  }
  return bytes / gibibyte;
}

double provider_number(Variable variable, std::string_view provider, const core::FleetView& fleet) noexcept {
  for (const auto& host : fleet.hosts) {
    if (!equal_ignoring_case(host.name, provider)) continue;
    if (variable == Variable::provider_queue) return host.queued;
    if (variable == Variable::provider_running) return host.running;
    return host.reachable && !host.draining && host.breaker != core::BreakerState::open ? 1 : 0;
  }
  return 0;
}

}  // namespace

std::span<const VariableInfo> variables() noexcept {
  return all;
}
std::span<const VariableInfo> provider_facts() noexcept {
  return per_provider;
}

std::string_view describe(Type type) noexcept {
  switch (type) {
    case Type::number:
      return "a number";
    case Type::boolean:
      return "true or false";
    case Type::text:
      return "a string";
    case Type::list:
      return "a list of strings";
    case Type::headers:
      return "the table of request headers";
    default:
      return "a name from a fixed set";
  }
}

bool is_set(Type type) noexcept {
  return type >= Type::task;
}
bool is_ordered(Type type) noexcept {
  return type == Type::number || type == Type::complexity || type == Type::weekday;
}

Range Range::with(const Range& other) const noexcept {
  Range both{.whole = whole || other.whole};
  both.low = std::max(low, other.low);
  both.high = std::min(high, other.high);
  both.low_open = (low == both.low && low_open) || (other.low == both.low && other.low_open);
  both.high_open = (high == both.high && high_open) || (other.high == both.high && other.high_open);
  return both;
}

Range range_of(Variable variable) noexcept {
  const auto whole_up_to = [](double low, double high) {
    return Range{.low = low, .high = high, .whole = true};
  };
  constexpr double endless = std::numeric_limits<double>::infinity();
  switch (variable) {
    case Variable::hour:
      return whole_up_to(0, 23);
    case Variable::weekday:
      return whole_up_to(1, 7);
    case Variable::task_type:
      return whole_up_to(0, core::task_type_count - 1);
    case Variable::complexity:
      return whole_up_to(0, core::complexity_count - 1);
    case Variable::classifier_confidence:
      return {.low = 0, .high = 1};
    case Variable::complexity_score:
    case Variable::vram_free:
    case Variable::vram_total:
      return {.low = 0};
    case Variable::prompt_tokens:
    case Variable::max_tokens:
    case Variable::context_files:
    case Variable::prompt_length:
    case Variable::provider_queue:
    case Variable::provider_running:
      return whole_up_to(0, endless);
    default:
      return {};
  }
}

std::vector<std::string> names_of(Type type) {
  std::vector<std::string> names;
  switch (type) {
    case Type::task:
      for (std::size_t i = 0; i < core::task_type_count; ++i) {
        names.emplace_back(core::name(static_cast<core::TaskType>(i)));
      }
      break;
    case Type::complexity:
      for (std::size_t i = 0; i < core::complexity_count; ++i) {
        names.emplace_back(core::name(static_cast<core::Complexity>(i)));
      }
      break;
    case Type::weekday:
      names.assign(days.begin(), days.end());
      break;
    case Type::surface:
      for (auto i = 0; i <= static_cast<int>(core::Surface::anthropic_messages); ++i) {
        names.emplace_back(name(static_cast<core::Surface>(i)));
      }
      break;
    case Type::prefer:
      for (const auto p : {Prefer::balanced, Prefer::fast, Prefer::quality}) names.emplace_back(name(p));
      break;
    default:
      break;
  }
  return names;
}

std::optional<double> number_in(Type type, std::string_view name) {
  std::string wanted = lower(name);
  std::replace(wanted.begin(), wanted.end(), '_', '-');
  const int first = type == Type::weekday ? 1 : 0;
  if (type == Type::weekday) {
    const auto day = std::find(long_days.begin(), long_days.end(), wanted);
    if (day != long_days.end()) return first + static_cast<double>(day - long_days.begin());
  }
  const auto names = names_of(type);
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found == names.end()) return std::nullopt;
  return first + static_cast<double>(found - names.begin());
}

double number_of(Variable variable, std::string_view argument, const Scene& scene) noexcept {
  const Facts& f = scene.facts;
  const auto* v = f.verdict;
  switch (variable) {
    case Variable::task_type:
      return static_cast<double>(v != nullptr ? v->type : core::TaskType::general);
    case Variable::complexity:
      return static_cast<double>(v != nullptr ? v->complexity : core::Complexity::simple);
    case Variable::complexity_score:
      return v != nullptr ? rounded(v->score) : 0;
    case Variable::classifier_confidence:
      return v != nullptr ? rounded(v->confidence) : 0;
    case Variable::prompt_tokens:
      return static_cast<double>(f.prompt_tokens);
    case Variable::max_tokens:
      return static_cast<double>(f.max_tokens.value_or(0));
    case Variable::context_files:
      return v != nullptr ? v->context_files : 0;
    case Variable::prompt_length:
      return static_cast<double>(f.prompt_length);
    case Variable::has_tools:
      return f.tools;
    case Variable::has_images:
      return f.vision;
    case Variable::has_code:
      return v != nullptr && v->needs.code;
    case Variable::structured:
      return f.structured || (v != nullptr && v->needs.structured);
    case Variable::stream:
      return f.stream;
    case Variable::surface:
      return static_cast<double>(f.surface);
    case Variable::prefer:
      return static_cast<double>(f.prefer);
    case Variable::hour:
      return f.hour;
    case Variable::weekday:
      return f.weekday;
    case Variable::tool_loop:
      return f.tool_loop;
    case Variable::running:
      return f.running;
    case Variable::vram_free:
      return vram(true, scene.fleet);
    case Variable::vram_total:
      return vram(false, scene.fleet);
    case Variable::provider_healthy:
    case Variable::provider_queue:
    case Variable::provider_running:
      return provider_number(variable, argument, scene.fleet);
    default:
      return 0;
  }
}

std::string_view text_of(Variable variable, std::string_view argument, const Scene& scene) noexcept {
  const Facts& f = scene.facts;
  const auto* v = f.verdict;
  switch (variable) {
    case Variable::model:
      return f.model.empty() ? std::string_view("auto") : f.model;
    case Variable::user:
      return f.user;
    case Variable::language:
      return f.language;
    case Variable::headers:
      return f.header != nullptr ? f.header(f.header_context, argument) : std::string_view();
    case Variable::task_type:
      return core::name(v != nullptr ? v->type : core::TaskType::general);
    case Variable::complexity:
      return core::name(v != nullptr ? v->complexity : core::Complexity::simple);
    case Variable::surface:
      return name(f.surface);
    case Variable::prefer:
      return name(f.prefer);
    case Variable::weekday:
      return days[static_cast<std::size_t>(std::clamp(f.weekday, 1, 7) - 1)];
    default:
      return {};
  }
}

std::span<const std::string_view> list_of(Variable variable, const Scene& scene) noexcept {
  if (variable != Variable::keywords || scene.facts.verdict == nullptr) return {};
  return scene.facts.verdict->keywords;
}

}  // namespace codecrucible::router::condition

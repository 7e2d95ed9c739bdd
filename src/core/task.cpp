#include "core/task.hpp"

namespace codecrucible::core {
namespace {

constexpr std::array<std::string_view, task_type_count> type_names{
    "template", "format", "edit", "analysis", "planning", "debugging", "multi-file", "general"};
constexpr std::array<std::string_view, complexity_count> complexity_names{"simple", "medium", "complex"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(TaskType type) noexcept {
  return type_names[static_cast<std::size_t>(type)];
}
std::string_view name(Complexity complexity) noexcept {
  return complexity_names[static_cast<std::size_t>(complexity)];
}
std::optional<TaskType> task_type_of(std::string_view text) noexcept {
  return find<TaskType>(type_names, text);
}
std::optional<Complexity> complexity_of(std::string_view text) noexcept {
  return find<Complexity>(complexity_names, text);
}

}  // namespace codecrucible::core

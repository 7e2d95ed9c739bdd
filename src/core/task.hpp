#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace codecrucible::core {

// What kind of work an answer is. The order is the order of the model files: append only.
enum class TaskType : std::uint8_t {
  template_,
  format,
  edit,
  analysis,
  planning,
  debugging,
  multi_file,
  general
};
inline constexpr std::size_t task_type_count = 8;

enum class Complexity : std::uint8_t { simple, medium, complex };
inline constexpr std::size_t complexity_count = 3;

// Names as users write them in rules and see them in headers: "template", "multi-file", …
std::string_view name(TaskType type) noexcept;
std::string_view name(Complexity complexity) noexcept;
std::optional<TaskType> task_type_of(std::string_view name) noexcept;
std::optional<Complexity> complexity_of(std::string_view name) noexcept;

}  // namespace codecrucible::core

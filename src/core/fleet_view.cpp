#include "core/fleet_view.hpp"

#include <array>

namespace codecrucible::core {
namespace {
constexpr std::array<std::string_view, 5> kinds{"lmstudio", "ollama", "llamacpp", "vllm", "openai"};
constexpr std::array<std::string_view, 3> breaker_states{"closed", "open", "half-open"};
}  // namespace

std::string_view name(ProviderKind kind) noexcept {
  return kinds[static_cast<std::size_t>(kind)];
}

std::optional<ProviderKind> provider_kind_of(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == text) return static_cast<ProviderKind>(i);
  }
  return std::nullopt;
}

std::string_view name(BreakerState state) noexcept {
  return breaker_states[static_cast<std::size_t>(state)];
}

}  // namespace codecrucible::core

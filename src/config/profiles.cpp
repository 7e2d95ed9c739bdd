#include "config/profiles.hpp"

namespace codecrucible::config {
namespace {

constexpr std::string_view high_end =
    R"(# Overlay for a machine with much memory: 24 GB of graphics memory, or 64 GB of RAM and 16 cores.
# Chosen by `profile: high-end`, by `profile: auto` on such a machine, or by `--profile high-end`.
hybrid:
  lmStudio:
    maxConcurrent: 4
    models: ["codellama-13b-instruct", "qwen2.5-coder-7b"]
  ollama:
    maxConcurrent: 2
    models: ["codellama:34b", "qwen2.5:72b"]
  routing:
    escalationThreshold: 0.6
  performance:
    cache:
      exact:
        size: 256MiB
)";

constexpr std::string_view constrained =
    R"(# Overlay for a small machine: under 12 GB of RAM, or up to 4 cores without 8 GB of graphics memory.
# Chosen by `profile: constrained`, by `profile: auto` on such a machine, or by `--profile constrained`.
hybrid:
  lmStudio:
    maxConcurrent: 1
    models: ["gemma-2b-it"]
  ollama:
    maxConcurrent: 1
    maxLoadedModels: 1
    models: ["codellama:7b"]
  routing:
    escalationThreshold: 0.8
  performance:
    cache:
      exact:
        size: 16MiB
  queue:
    deadline: 5m
)";

}  // namespace

std::optional<Source> built_in_profile(std::string_view name) {
  if (name == "high-end") return Source{"profiles/high-end.yaml", std::string(high_end)};
  if (name == "constrained") return Source{"profiles/constrained.yaml", std::string(constrained)};
  return std::nullopt;
}

std::string_view profile_for(const Hardware& hardware) noexcept {
  constexpr std::uint64_t gb = 1'000'000'000;
  if (hardware.vram_bytes >= 24 * gb || (hardware.ram_bytes >= 64 * gb && hardware.cores >= 16))
    return "high-end";
  const bool little_memory = hardware.ram_bytes > 0 && hardware.ram_bytes < 12 * gb;
  const bool few_cores = hardware.cores > 0 && hardware.cores <= 4 && hardware.vram_bytes < 8 * gb;
  return little_memory || few_cores ? "constrained" : "";
}

}  // namespace codecrucible::config

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::config {

// "500ms", "30s", "5m", "2h", "7d", "1.5s"; a bare number counts `bare` (in milliseconds each).
std::optional<std::chrono::milliseconds> duration_of(std::string_view text,
                                                     std::chrono::milliseconds bare) noexcept;
std::string to_text(std::chrono::milliseconds span);

// "64MiB", "1.5GB", "512 KiB"; a bare number counts bytes. K, M, G, T alone mean KiB and so on, as memory is
// counted.
std::optional<std::uint64_t> bytes_of(std::string_view text) noexcept;
std::string bytes_to_text(std::uint64_t bytes);

std::optional<double> number_of(std::string_view text) noexcept;
std::optional<std::int64_t> integer_of(std::string_view text) noexcept;
// Shortest text that reads back as the same number.
std::string number_to_text(double value);

// Steps of inserting, removing, changing or swapping letters; case counts nothing. At most `limit` + 1.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit);

}  // namespace codecrucible::config

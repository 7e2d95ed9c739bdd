#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::router {

// Spelling of names: people write "LLAMA3", "llama3:latest", "meta/llama3" and "meta%2Fllama3" for one model.

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string lower(std::string_view text);

// "%2F" becomes "/" (any case of the F); other escapes stay.
std::string decode_slashes(std::string_view text);

// How well a wanted name fits a model's id.
enum class Fit : std::uint8_t {
  none,
  short_name,  // equal without the publisher before the last '/'
  loose,       // equal without regard to case and ":latest"
  exact,
};
Fit fit(std::string_view wanted, std::string_view id) noexcept;

// True if `pattern` ('*' stands for any text, case ignored) matches `text`; also tries without ":latest".
// Linear in practice, never worse than |pattern| × |text|.
bool matches_pattern(std::string_view pattern, std::string_view text) noexcept;

// The same, against a model and against "provider/model", also without the model's publisher.
bool matches_model(std::string_view pattern, std::string_view provider, std::string_view id) noexcept;

// Hash of a name that is the same for all spellings that `Fit::loose` calls equal.
std::uint64_t loose_hash(std::string_view name, std::uint64_t seed = 0) noexcept;

// The names that look most like `wanted`, best first, at most `count`; empty if none is near.
std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names,
                                 std::size_t count = 1);

// ". Did you mean 'x'?" or "".
std::string suggestion(std::string_view wanted, const std::vector<std::string>& names);

// The end of a message about a wrong name: the nearest one, if any, and all valid ones.
std::string valid_names(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace codecrucible::router

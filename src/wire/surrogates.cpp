#include "wire/surrogates.hpp"

#include <cstring>

namespace codecrucible::wire {
namespace {

constexpr std::size_t behind_a_body = 64;

// Half of a pair: D800 to DFFF. As characters, too, '8' to '9' and 'a' to 'f' are the digits from 8 on.
bool names_half(const char* digits) noexcept {
  return (digits[0] | 0x20) == 'd' && digits[1] >= '8' && is_hex(digits[1]) && is_hex(digits[2]) &&
         is_hex(digits[3]);
}

// The second half: DC00 to DFFF.
bool names_second(const char* digits) noexcept {
  return names_half(digits) && (digits[1] | 0x20) >= 'c';
}

// The next lone one from `at` on: its backslash, or `end`. `at` is moved behind it.
const char* next_lone(const char*& at, const char* end) noexcept {
  while (at < end) {
    const auto* const found =
        static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    if (found == nullptr || end - found < 2) break;
    at = found + 2;
    if (found[1] == 'u' && end - at >= 4 && is_lone_surrogate(at, end, at)) return found;
  }
  return end;
}

}  // namespace

bool is_lone_surrogate(const char* at, const char* end, const char*& next) noexcept {
  const char* const behind = at + 4;
  next = behind;
  if (!names_half(at)) return false;
  const bool paired = !names_second(at) && end - behind >= 6 && behind[0] == '\\' && behind[1] == 'u' &&
                      names_second(behind + 2);
  if (paired) next = behind + 6;
  return !paired;
}

bool has_lone_surrogate(std::string_view json) noexcept {
  const char* at = json.data();
  const char* const end = at + json.size();
  return next_lone(at, end) != end;
}

void mend_lone_surrogates(char* json, std::size_t size) noexcept {
  const char* at = json;
  const char* const end = json + size;
  for (const char* lone = next_lone(at, end); lone != end; lone = next_lone(at, end))
    std::string_view("fffd").copy(json + (lone - json) + 2, 4);
}

std::optional<std::string_view> without_lone_surrogates(std::string_view json, core::Arena& memory) {
  if (!has_lone_surrogate(json)) return std::nullopt;
  char* const copy = memory.bytes(json.size() + behind_a_body);
  std::memcpy(copy, json.data(), json.size());
  std::memset(copy + json.size(), 0, behind_a_body);
  mend_lone_surrogates(copy, json.size());
  return std::string_view(copy, json.size());
}

}  // namespace codecrucible::wire

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace codecrucible::gateway {

// Random numbers of one worker (splitmix64): fast, and nothing here needs to be unguessable.
class Random {
 public:
  Random() : state_(std::random_device{}() * 0x9E3779B97F4A7C15ULL + std::random_device{}()) {}
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)

  std::string hex16() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(16, '0');
    std::uint64_t bits = next();
    for (char& c : out) {
      c = digits[bits & 15];
      bits >>= 4;
    }
    return out;
  }

 private:
  std::uint64_t state_;
};

// The client's own id if it is harmless in a header and a log line, else a new one.
inline std::string request_id(std::string_view given, Random& random) {
  constexpr std::size_t longest = 128;
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!given.empty() && given.size() <= longest) {
    bool sane = true;
    for (const char c : given) sane = sane && harmless(c);
    if (sane) return std::string(given);
  }
  return "req_" + random.hex16();
}

}  // namespace codecrucible::gateway

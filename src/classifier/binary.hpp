#pragma once

#include "core/result.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace codecrucible::classifier {

static_assert(std::endian::native == std::endian::little, "model files are little endian");

// Reads a file whole; refuses one larger than `limit` bytes before reading it.
core::Result<std::string> read_file(const std::string& name, std::size_t limit);

// Writes beside the file and renames: readers see the old or the new one, never half.
core::Result<void> write_file(const std::string& name, std::string_view bytes);

// FNV-1a, 64 bit, eight bytes a step: against accidents, not against attackers.
std::uint64_t checksum_of(std::string_view bytes) noexcept;

// Takes values off the front of bytes; once too few are left, everything reads as zero and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) noexcept : rest_(bytes) {}
  template <class T>
  T take() noexcept {
    T value{};
    fill(&value, sizeof value);
    return value;
  }
  void fill(void* to, std::size_t count) noexcept {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
    }
    if (!ok_ || count == 0) return;
    std::memcpy(to, rest_.data(), count);
    rest_.remove_prefix(count);
  }
  bool ok() const noexcept { return ok_; }
  std::size_t left() const noexcept { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace codecrucible::classifier

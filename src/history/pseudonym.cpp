#include "history/pseudonym.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <random>

namespace codecrucible::history {
namespace {

struct Sip {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

std::uint64_t siphash(const Salt& salt, const char* data, std::size_t size) noexcept {
  Sip sip{salt[0] ^ 0x736f6d6570736575ULL, salt[1] ^ 0x646f72616e646f6dULL, salt[0] ^ 0x6c7967656e657261ULL,
          salt[1] ^ 0x7465646279746573ULL};
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, 8);
    sip.take(word);
  }
  std::uint64_t last = static_cast<std::uint64_t>(size) << 56;
  std::uint64_t rest = 0;
  if (at < size) std::memcpy(&rest, data + at, size - at);
  sip.take(last | rest);
  sip.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) sip.round();
  return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

}  // namespace

Salt new_salt() {
  std::random_device device;
  const auto word = [&] { return (static_cast<std::uint64_t>(device()) << 32) ^ device(); };
  return {word(), word()};
}

Salt salt_beside(const std::string& ledger_file) {
  const std::string path = ledger_file + ".salt";
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  // O_EXCL: of two gateways that begin together one makes it, the other reads it.
  const auto fresh = new_salt();
  const int made = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) {
    const bool whole = write(made, fresh.data(), sizeof fresh) == static_cast<ssize_t>(sizeof fresh);
    close(made);
    if (!whole) unlink(path.c_str());
    return fresh;
  }
  Salt kept{};
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fresh;
  const bool whole = read(file, kept.data(), sizeof kept) == static_cast<ssize_t>(sizeof kept);
  close(file);
  return whole ? kept : fresh;
}

std::uint64_t pseudonym(const Salt& salt, std::string_view text) noexcept {
  return text.empty() ? 0 : siphash(salt, text.data(), text.size()) | 1;
}

std::uint64_t pseudonym(const Salt& salt, std::uint64_t key) noexcept {
  char bytes[8];
  std::memcpy(bytes, &key, 8);
  return key == 0 ? 0 : siphash(salt, bytes, 8) | 1;
}

void append_hex(std::string& out, std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  char text[16];
  for (int i = 15; i >= 0; --i, value >>= 4) text[i] = digits[value & 15];
  out.append(text, sizeof text);
}

std::string hex_of(std::uint64_t value) {
  std::string out;
  if (value != 0) append_hex(out, value);
  return out;
}

std::uint64_t from_hex(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() ? value : 0;
}

}  // namespace codecrucible::history

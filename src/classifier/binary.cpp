#include "classifier/binary.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace codecrucible::classifier {

core::Result<std::string> read_file(const std::string& name, std::size_t limit) {
  using core::Cause;
  std::error_code error;
  const auto size = std::filesystem::file_size(name, error);
  if (error) return core::fail(Cause::not_found, "cannot read " + name + ": " + error.message());
  if (size > limit) return core::fail(Cause::too_large, name + " is larger than a file of its kind may be");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::ifstream in(name, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!in || in.gcount() != static_cast<std::streamsize>(bytes.size()))
    return core::fail(Cause::cut, "cannot read " + name + " to its end");
  return bytes;
}

core::Result<void> write_file(const std::string& name, std::string_view bytes) {
  const std::string beside = name + ".new";
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.flush();
    if (!out) return core::fail(core::Cause::internal, "cannot write " + beside);
  }
  std::error_code error;
  std::filesystem::rename(beside, name, error);
  if (error) return core::fail(core::Cause::internal, "cannot rename " + beside + ": " + error.message());
  return {};
}

std::uint64_t checksum_of(std::string_view bytes) noexcept {
  std::uint64_t hash = 14695981039346656037ULL ^ bytes.size();
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = (hash ^ word) * 1099511628211ULL;
    hash ^= hash >> 29;
  }
  for (; at < bytes.size(); ++at) hash = (hash ^ static_cast<unsigned char>(bytes[at])) * 1099511628211ULL;
  return hash;
}

}  // namespace codecrucible::classifier

#include "cache/digest.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace codecrucible::cache {

Key hash_of(std::string_view bytes) noexcept {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

void Digest::spill(std::string_view large) {
  key('#', hash_of(large));
}

void Digest::json(char tag, std::string_view value) {
  if (!value.empty()) key(tag, hash_of_json(value));
}

Key Digest::value() const {
  return hash_of(bytes_);
}

}  // namespace codecrucible::cache

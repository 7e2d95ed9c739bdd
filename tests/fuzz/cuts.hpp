#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fuzz {

// The first byte of an input says how the rest is cut into reads.
struct Input {
  std::size_t stride = 1;
  std::string_view bytes;

  Input(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return;
    stride = 1 + data[0] % 61;
    bytes = {reinterpret_cast<const char*>(data) + 1, size - 1};
  }

  // Calls `feed` with copies that die at once, so that a view kept too long is seen by the sanitizer.
  template <class Feed>
  void in_pieces(Feed feed) const {
    for (std::size_t at = 0; at < bytes.size(); at += stride) {
      const std::string own(bytes.substr(at, stride));
      feed(own);
    }
  }
};

inline void require(bool claim) {
  if (!claim) std::abort();
}

}  // namespace fuzz

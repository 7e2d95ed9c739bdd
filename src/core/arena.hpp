#pragma once

#include <cstring>
#include <initializer_list>
#include <memory_resource>
#include <string_view>

namespace codecrucible::core {

// Memory of one request: everything that a decoded request points to and that is not already in the
// body's own bytes. Freed at once with the request. Not thread-safe; belongs to one session.
class Arena {
 public:
  Arena() : pool_(first_, sizeof first_) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::pmr::memory_resource* resource() noexcept { return &pool_; }

  // Uninitialised bytes that live as long as the arena.
  char* bytes(std::size_t count) { return static_cast<char*>(pool_.allocate(count, 1)); }

  std::string_view copy(std::string_view text) { return join({text}); }

  std::string_view join(std::initializer_list<std::string_view> parts) {
    std::size_t total = 0;
    for (auto part : parts) total += part.size();
    if (total == 0) return {};
    char* const start = bytes(total);
    char* at = start;
    for (auto part : parts) {
      if (!part.empty()) std::memcpy(at, part.data(), part.size());
      at += part.size();
    }
    return {start, total};
  }

  // Forgets everything; all views into the arena die.
  void clear() noexcept { pool_.release(); }

 private:
  alignas(
      std::max_align_t) std::byte first_[1024];  // part of each open stream: what needs more asks the heap
  std::pmr::monotonic_buffer_resource pool_;
};

}  // namespace codecrucible::core

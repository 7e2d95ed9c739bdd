#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace codecrucible::net {

// Bytes with room to grow. Unlike std::string it never writes bytes it was not given, keeps 64 readable bytes
// behind the last (simdjson's padding) and gives its memory back when asked.
class Buffer {
 public:
  static constexpr std::size_t padding = 64;

  Buffer() = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Buffer() { std::free(data_); }

  char* data() noexcept { return data_; }
  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t room() const noexcept { return capacity_ - size_; }
  char* tail() noexcept { return data_ + size_; }
  std::string_view view(std::size_t from = 0) const noexcept { return {data_ + from, size_ - from}; }

  void grew(std::size_t count) noexcept { size_ += count; }
  void truncate(std::size_t size) noexcept { size_ = size; }

  // Views die if the capacity was less.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    void* const moved = std::realloc(data_, capacity + padding);
    if (moved == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(moved);
    // Readers of the padding (vector instructions) must not see memory that was never written.
    std::memset(data_ + capacity, 0, padding);
    capacity_ = capacity;
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (room() < bytes.size()) reserve(std::max(size_ + bytes.size(), capacity_ * 2));
    std::memcpy(tail(), bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  // Forgets the first `count` bytes and moves the rest to the front.
  void drop_front(std::size_t count) noexcept {
    size_ -= count;
    if (size_ != 0) std::memmove(data_, data_ + count, size_);
  }

  void release() noexcept {
    std::free(data_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace codecrucible::net

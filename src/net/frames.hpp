#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <new>

namespace codecrucible::net {

// Memory of coroutine frames, kept by the thread that frees it for its next frames of that size. Asio 1.81
// keeps none above 1,020 bytes, looks through all it keeps, and gives one up with each that does not fit.
class Frames {
 public:
  constexpr Frames() noexcept = default;
  ~Frames();
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  static void* take(std::size_t size) { return of_thread.take_block(kind_of(size)); }
  static void give(void* frame, std::size_t size) noexcept { of_thread.give_block(frame, kind_of(size)); }

 private:
  struct Block {
    Block* next;
  };
  struct Shelf {
    Block* first = nullptr;
    unsigned kept = 0;
  };
  static constexpr std::size_t step = 64, kinds = 128;  // up to 8 KiB; what is larger is not kept
#ifdef CODECRUCIBLE_SANITIZED
  static constexpr unsigned most = 0;  // a frame that is used after its end shall be seen
#else
  static constexpr unsigned most = 64;  // of one kind
#endif

  static constexpr std::size_t kind_of(std::size_t size) noexcept { return (size + step - 1) / step; }
  void* take_block(std::size_t kind) {
    if (kind >= kinds || shelves_[kind].first == nullptr) return ::operator new(kind * step);
    auto& shelf = shelves_[kind];
    --shelf.kept;
    Block* const block = shelf.first;
    shelf.first = block->next;
    return block;
  }
  void give_block(void* frame, std::size_t kind) noexcept {
    if (kind >= kinds || shelves_[kind].kept >= most) return ::operator delete(frame);
    auto& shelf = shelves_[kind];
    ++shelf.kept;
    shelf.first = ::new (frame) Block{shelf.first};
  }

  static thread_local Frames of_thread;
  std::array<Shelf, kinds> shelves_{};
};

}  // namespace codecrucible::net

// The frames of every coroutine with the gateway's executor (net/task.hpp) come from there.
namespace boost::asio::detail {

template <>
inline void* awaitable_frame_base<io_context::executor_type>::operator new(std::size_t size) {
  return codecrucible::net::Frames::take(size);
}
template <>
inline void awaitable_frame_base<io_context::executor_type>::operator delete(void* frame, std::size_t size) {
  codecrucible::net::Frames::give(frame, size);
}

}  // namespace boost::asio::detail

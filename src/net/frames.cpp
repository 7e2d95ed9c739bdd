#include "net/frames.hpp"

#include <new>
#include <utility>

namespace codecrucible::net {

constinit thread_local Frames Frames::of_thread;

Frames::~Frames() {
  for (auto& shelf : shelves_) {
    while (shelf.first != nullptr) ::operator delete(std::exchange(shelf.first, shelf.first->next));
  }
}

}  // namespace codecrucible::net

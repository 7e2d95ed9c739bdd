#include "net/frames.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <thread>

using codecrucible::net::Frames;

#ifndef CODECRUCIBLE_SANITIZED
TEST_CASE("frames: what is given back serves the next frame of that size, and only of that size") {
  void* const first = Frames::take(2000);
  void* const other = Frames::take(2000);
  CHECK(first != other);
  Frames::give(first, 2000);
  void* const smaller = Frames::take(200);
  CHECK(smaller != first);
  CHECK(Frames::take(1990) == first);  // of the same step of 64
  for (void* const frame : {first, other}) Frames::give(frame, 2000);
  Frames::give(smaller, 200);
}
#endif

TEST_CASE("frames: every byte asked for may be written, whatever the size") {
  for (const std::size_t size :
       {1UL, 63UL, 64UL, 65UL, 1020UL, 1021UL, 8127UL, 8128UL, 8192UL, 8193UL, 100'000UL}) {
    void* const frame = Frames::take(size);
    std::memset(frame, 0xAB, size);
    Frames::give(frame, size);
  }
}

TEST_CASE("frames: thousands at once are all their own, and may end on another thread") {
  std::set<void*> frames;
  for (int i = 0; i < 5000; ++i) frames.insert(Frames::take(640));
  CHECK(frames.size() == 5000);
  std::thread([&] {
    for (void* const frame : frames) Frames::give(frame, 640);
    // What it keeps is freed when it ends; the leak sanitizer would tell.
  }).join();
}

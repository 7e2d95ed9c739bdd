#pragma once

#include "net/server.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace codecrucible::net {

// Runs one coroutine to its end on a worker that has no thread of its own, in the caller's thread. What it
// throws is thrown here.
template <class T>
T run(Worker& worker, task<T> job) {
  std::exception_ptr thrown;
  std::optional<T> result;
  bool done = false;
  asio::co_spawn(worker.context(), std::move(job), [&](std::exception_ptr error, T value) {
    thrown = error;
    if (!error) result.emplace(std::move(value));
    done = true;
  });
  while (!done) worker.context().run_one();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*result);
}

inline void run(Worker& worker, task<> job) {
  std::exception_ptr thrown;
  bool done = false;
  asio::co_spawn(worker.context(), std::move(job), [&](std::exception_ptr error) {
    thrown = error;
    done = true;
  });
  while (!done) worker.context().run_one();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace codecrucible::net

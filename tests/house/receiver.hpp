#pragma once

// A server that takes what is posted to it, and keeps it: a collector of traces, as far as its client can
// tell.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace codecrucible::house {

class Receiver {
 public:
  struct Post {
    std::string head, body;
  };

  // `status` is what it answers; 0 = it takes the request and never says anything.
  explicit Receiver(int status = 200);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<Post> posts() const;

 private:
  void run();
  void serve(int connection);

  int status_, listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<Post> posts_;
  std::thread thread_;
};

}  // namespace codecrucible::house

#pragma once

#include "net/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::simulator {

struct Request {
  std::string method, path;                    // path without the query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One client of a simulated server, with full control over the bytes that go out: what is wrong on the wire
// is wrong on purpose. Notices at once when the client closes, whatever it is doing.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(net::Socket socket);

  // The next request; none when the client has closed.
  net::task<std::optional<Request>> next();
  // False = the client is gone.
  net::task<bool> write(std::string bytes);
  // Waits; false = the client left meanwhile.
  net::task<bool> pause(std::chrono::nanoseconds span);
  // Waits for `wake` of the simulator or for the client to leave.
  net::task<bool> wait();
  void wake();
  void close();
  bool gone() const { return gone_; }

 private:
  void watch();
  net::task<bool> fill();

  net::Socket socket_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, net::Executor>
      timer_;
  std::string in_;
  char buffer_[8192];
  bool reading_ = false;
  bool gone_ = false;
};

}  // namespace codecrucible::simulator

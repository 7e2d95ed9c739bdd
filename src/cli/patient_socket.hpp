#pragma once

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <poll.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace codecrucible::cli {

// A blocking socket whose connect, reads and writes give up at a given time with asio::error::timed_out. It
// stands below TLS: what TLS reads for itself (handshake, tickets behind it) neither blocks for longer nor
// counts as an answer.
class PatientSocket {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = Socket::executor_type;
  using lowest_layer_type = Socket::lowest_layer_type;
  using error_code = boost::system::error_code;
  using Clock = std::chrono::steady_clock;

  explicit PatientSocket(boost::asio::io_context& context) : socket_(context) {}

  executor_type get_executor() { return socket_.get_executor(); }
  lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }

  // From now on; none waits for as long as it takes.
  void patience(std::optional<std::chrono::milliseconds> span) {
    until_.reset();
    if (span) until_ = Clock::now() + *span;
  }

  void connect(const boost::asio::ip::tcp::endpoint& to, error_code& error);

  template <class Buffers>
  std::size_t read_some(const Buffers& into, error_code& error) {
    wait(POLLIN, error);
    return error ? 0 : socket_.read_some(into, error);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from, error_code& error) {
    wait(POLLOUT, error);
    return error ? 0 : socket_.write_some(from, error);
  }
  // The same, thrown: what Asio and Beast ask of a stream.
  template <class Buffers>
  std::size_t read_some(const Buffers& into) {
    error_code error;
    const std::size_t count = read_some(into, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from) {
    error_code error;
    const std::size_t count = write_some(from, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }

 private:
  void wait(short what, error_code& error);

  Socket socket_;
  std::optional<Clock::time_point> until_;
};

}  // namespace codecrucible::cli

#include "cli/patient_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace codecrucible::cli {
namespace {

// A machine that vanished is noticed after about a minute, however patient we are.
void watch_for_death(int descriptor) {
  const auto set = [descriptor](int level, int name, int value) {
    setsockopt(descriptor, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

void PatientSocket::connect(const boost::asio::ip::tcp::endpoint& to, error_code& error) {
  socket_.close(error);
  socket_.open(to.protocol(), error);
  if (!error) socket_.native_non_blocking(true, error);
  if (error) return;
  const int descriptor = socket_.native_handle();
  if (::connect(descriptor, to.data(), static_cast<socklen_t>(to.size())) != 0) {
    error = error_code(errno, boost::system::system_category());
    if (error != boost::asio::error::in_progress) return;
    error = {};
    wait(POLLOUT, error);
    if (error) return;
    int outcome = 0;
    socklen_t size = sizeof outcome;
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &outcome, &size);
    error = error_code(outcome, boost::system::system_category());
  }
  if (!error) socket_.native_non_blocking(false, error);
  if (!error) watch_for_death(descriptor);
}

void PatientSocket::wait(short what, error_code& error) {
  error = {};
  if (!until_) return;
  pollfd watched{socket_.native_handle(), what, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until_ - Clock::now());
    const int found = poll(&watched, 1, static_cast<int>(std::clamp<long>(left.count(), 0, 3'600'000)));
    if (found > 0) return;
    if (found < 0 && errno == EINTR) continue;
    if (found == 0 && Clock::now() < *until_) continue;
    error = boost::asio::error::timed_out;
    return;
  }
}

}  // namespace codecrucible::cli

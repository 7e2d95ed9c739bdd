// An efficient backend with canned answers: one thread, epoll, no allocation per event. It stands behind the
// gateway and behind nginx alike, so that what is measured is the proxy.
//   canned_backend PORT
#include "canned.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using namespace codecrucible::bench;

struct Connection {
  std::string in;
  bool streaming = false;
  Scenario scenario;
  unsigned next_event = 0;
};

class Backend {
 public:
  explicit Backend(std::uint16_t port)
      : poll_(epoll_create1(0)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 4096) != 0) {
      std::perror("canned_backend: listen");
      std::exit(1);
    }
    watch(listener_);
    ticker_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    const itimerspec each{{0, 1'000'000}, {0, 1'000'000}};
    timerfd_settime(ticker_, 0, &each, nullptr);
    watch(ticker_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> ready;
    while (true) {
      const int count = epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = ready[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          accept_all();
        } else if (fd == ticker_) {
          tick();
        } else {
          serve(fd);
        }
      }
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(fd);
      connections_[fd] = {};
    }
  }

  void serve(int fd) {
    auto& connection = connections_[fd];
    char buffer[16384];
    const auto got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) {
      if (got < 0 && errno == EAGAIN) return;
      drop(fd);
      return;
    }
    connection.in.append(buffer, static_cast<std::size_t>(got));
    while (answer_one(fd, connection)) {
    }
  }

  // True if a whole request was there and was answered.
  bool answer_one(int fd, Connection& connection) {
    const auto head_end = connection.in.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    const std::string_view head(connection.in.data(), head_end);
    std::size_t length = 0;
    for (std::string_view key : {"Content-Length: ", "content-length: "}) {
      const auto at = head.find(key);
      if (at != std::string_view::npos) length = std::strtoul(head.data() + at + key.size(), nullptr, 10);
    }
    if (connection.in.size() < head_end + 4 + length) return false;
    const auto target_at = head.find(' ') + 1;
    const std::string_view path = head.substr(target_at, head.find(' ', target_at) - target_at);
    const std::string_view body(connection.in.data() + head_end + 4, length);
    const auto scenario = scenario_of(path, body);
    const bool generation = path.find("/chat") != std::string_view::npos;
    if (!generation || !scenario.stream) {
      put(fd, whole(path, scenario));
    } else if (scenario.pace_ms == 0) {
      put(fd, burst(scenario));
    } else {
      put(fd, stream_head(scenario) + stream_event(scenario, 0));
      connection.streaming = true;
      connection.scenario = scenario;
      connection.next_event = 1;
      due_[(now_ms_ + scenario.pace_ms) % wheel_size].push_back(fd);
    }
    connection.in.erase(0, head_end + 4 + length);
    return true;
  }

  const std::string& whole(std::string_view path, const Scenario& scenario) {
    auto& text = whole_[std::string(path)];
    if (text.empty()) text = whole_reply(path, scenario);
    return text;
  }

  const std::string& event(const Scenario& scenario, unsigned index) {
    auto& texts = events_[scenario.ollama];
    if (texts[0].empty() || event_model_ != scenario.model) {
      event_model_ = scenario.model;
      for (unsigned i = 0; i < texts.size(); ++i) {
        for (const bool ollama : {false, true}) {
          Scenario one = scenario;
          one.ollama = ollama;
          events_[ollama][i] = stream_event(one, i + 8);
        }
      }
    }
    return texts[index % texts.size()];
  }

  const std::string& burst(const Scenario& scenario) {
    auto& text = burst_[scenario.ollama];
    if (text.empty()) {
      text = stream_head(scenario);
      for (unsigned i = 0; i < scenario.events; ++i) text += stream_event(scenario, i);
      text += stream_tail(scenario);
    }
    return text;
  }

  void tick() {
    std::uint64_t passed = 0;
    if (read(ticker_, &passed, sizeof passed) <= 0) return;
    for (; passed > 0; --passed) {
      ++now_ms_;
      auto due = std::move(due_[now_ms_ % wheel_size]);
      due_[now_ms_ % wheel_size].clear();
      for (const int fd : due) step(fd);
    }
  }

  void step(int fd) {
    const auto found = connections_.find(fd);
    if (found == connections_.end() || !found->second.streaming) return;
    auto& connection = found->second;
    if (connection.next_event >= connection.scenario.events) {
      connection.streaming = false;
      put(fd, stream_tail(connection.scenario));
      return;
    }
    put(fd, event(connection.scenario, connection.next_event++));
    due_[(now_ms_ + connection.scenario.pace_ms) % wheel_size].push_back(fd);
  }

  void put(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) {
        usleep(100);  // only a reader that does not read brings us here
        continue;
      }
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void drop(int fd) {
    connections_.erase(fd);
    close(fd);
  }

  static constexpr std::size_t wheel_size = 1024;
  int poll_;
  int listener_;
  int ticker_ = -1;
  std::size_t now_ms_ = 0;
  std::array<std::vector<int>, wheel_size> due_;
  std::array<std::array<std::string, 8>, 2> events_;
  std::string event_model_;
  std::array<std::string, 2> burst_;
  std::map<std::string, std::string> whole_;
  std::unordered_map<int, Connection> connections_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: canned_backend PORT\n");
    return 2;
  }
  rlimit files{65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  Backend(static_cast<std::uint16_t>(std::atoi(argv[1]))).run();
}

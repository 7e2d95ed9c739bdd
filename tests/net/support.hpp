#pragma once

// Real sockets for tests: a client that sends raw bytes, a backend that says what it is told to, and a server
// around one handler. Blocking and simple; every wait ends after ten seconds.
#include "net/run.hpp"
#include "net/server.hpp"
#include "net/signal.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace codecrucible::net {

// A connected blocking socket.
class RawSocket {
 public:
  RawSocket() = default;
  explicit RawSocket(int descriptor);
  RawSocket(RawSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RawSocket& operator=(RawSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~RawSocket() { close(); }
  static RawSocket connect(std::uint16_t port);

  bool send(std::string_view bytes);
  // All that comes until `mark` has been seen, the other side closes, or time is up.
  std::string until(std::string_view mark);
  // All that comes until the other side closes; `closed()` says whether it did.
  std::string rest();
  // One whole HTTP message by its Content-Length or last chunk.
  std::string message();
  bool closed() const { return closed_; }
  void shut_send();
  void reset();  // closes with RST
  void close();
  int descriptor() const { return descriptor_; }

 private:
  bool more();

  int descriptor_ = -1;
  bool closed_ = false;
  std::string pending_;
};

// Listens on a free port; each connection runs the script in a thread of its own, in the order of arrival.
class ScriptedBackend {
 public:
  using Script = std::function<void(RawSocket& client, int connection)>;
  explicit ScriptedBackend(Script script);
  ~ScriptedBackend();

  std::uint16_t port() const { return port_; }
  Endpoint endpoint() const;
  int connections() const { return connections_.load(); }

 private:
  void accept_all();

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// Reads one request with a Content-Length body, as a backend does. Empty when the client has closed.
std::string read_request(RawSocket& socket);
// "HTTP/1.1 200 OK" with a length.
std::string plain_reply(std::string_view body, std::string_view extra = {});

// A server on a free port around one handler, with what it counted.
class TestServer {
 public:
  using Handler = std::function<task<>(Exchange&)>;
  explicit TestServer(Handler handler, const std::function<void(ServerSettings&)>& adjust = {});
  ~TestServer();

  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  RawSocket connect() const { return RawSocket::connect(server_->port()); }
  // Sends raw bytes on a new connection and returns all that comes until the server closes.
  std::string ask(std::string_view bytes) const;
  int counted(const std::string& what);

 private:
  std::mutex mutex_;
  std::map<std::string, int> counts_;
  std::unique_ptr<Server> server_;
};

// True as soon as `claim` holds; false after ten seconds.
bool eventually(const std::function<bool()>& claim);

}  // namespace codecrucible::net

#pragma once

// An HTTP client of the tests' own: blocking POSIX sockets, raw bytes kept, nothing forgiven. It shares no
// code with the gateway, so the two cannot agree on a mistake.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace codecrucible::house {

struct Reply {
  int status = 0;                              // 0 = no reply came
  std::string head;                            // as it came, without the empty line
  std::map<std::string, std::string> headers;  // names in lower case; repeated ones joined with ", "
  std::string body;                            // chunks taken off
  std::vector<std::string> pieces;             // the chunks, or the reads of a body without chunks
  bool complete = false;                       // the framing says that this was all
  std::string header(const std::string& name) const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

inline int patience_ms = 20'000;  // longest wait of a client for the next byte

// One connection. Every wait ends after that.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client& operator=(Client&&) = delete;

  bool send(std::string_view bytes);
  // A request with Host and, if there is a body, Content-Length.
  bool request(std::string_view method, std::string_view path, std::string_view body = {},
               const Headers& headers = {});
  // The next whole reply. `to_head`: no body will come.
  Reply reply(bool to_head = false);
  Reply ask(std::string_view method, std::string_view path, std::string_view body = {},
            const Headers& headers = {});
  // Reads until `mark` was seen in the raw bytes of the reply; all that came so far. They are not taken away.
  std::string_view until(std::string_view mark);
  // The other side closed (waits for it).
  bool closed();
  void shut_send();
  void close();
  void reset();  // close with RST

 private:
  bool more();
  bool chunked(Reply& reply);

  int descriptor_ = -1;
  bool closed_ = false;
  std::string pending_;
};

// One request on a connection of its own.
Reply ask(std::uint16_t port, std::string_view method, std::string_view path, std::string_view body = {},
          const Headers& headers = {});

// Tries again each few milliseconds until it holds, at most ten seconds.
template <class Claim>
bool eventually(const Claim& claim);

void short_pause();

template <class Claim>
bool eventually(const Claim& claim) {
  for (int i = 0; i < 2000; ++i) {
    if (claim()) return true;
    short_pause();
  }
  return claim();
}

}  // namespace codecrucible::house

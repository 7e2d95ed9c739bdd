#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace codecrucible::net {

// Where the server listens and what it allows a client. Apart from server.hpp, so that reading settings costs
// no Asio.
struct ServerSettings {
  // PEM files with which the server proves who it is; both empty = plain HTTP.
  struct Tls {
    std::string certificate;  // with the intermediate ones behind it
    std::string key;
    bool wanted() const noexcept { return !certificate.empty(); }
  };
  std::string address = "127.0.0.1";
  std::uint16_t port = 8484;  // 0 = any free one
  unsigned workers = 0;       // 0 = one per core
  bool reuse_port = false;    // one listening socket per worker instead of one acceptor
  std::size_t max_connections = 20000;
  std::size_t max_header_bytes = 32 * 1024;
  std::size_t max_body_bytes = 64 * 1024 * 1024;
  std::chrono::milliseconds header_timeout{10'000};  // slow senders: the whole head
  std::chrono::milliseconds body_timeout{30'000};    // between two reads of the body
  std::chrono::milliseconds idle_timeout{75'000};    // keep-alive without a request
  std::chrono::milliseconds write_timeout{60'000};   // a client that does not read
  std::chrono::milliseconds upstream_idle{
      4'000};                       // pooled connections (traps A9: Node and uvicorn close at 5 s)
  std::size_t upstream_pool = 512;  // idle connections per worker and endpoint
  std::chrono::milliseconds stop_deadline{10'000};  // streams may finish after SIGTERM
  std::chrono::milliseconds sweep{250};             // resolution of all the limits above
  Tls tls;
  std::string upstream_ca;  // PEM file trusted for TLS backends besides the system's; empty = none
};

}  // namespace codecrucible::net

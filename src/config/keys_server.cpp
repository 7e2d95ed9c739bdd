#include "config/sections.hpp"

namespace codecrucible::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

void add_server_section(Rows<Draft>& rows) {
  Rows<net::ServerSettings> server;
  using S = net::ServerSettings;
  server.add(
      "address", nonempty(), &S::address,
      "Address to listen on. 127.0.0.1: this machine only; 0.0.0.0 or \"::\": everybody who can reach it, "
      "which needs security.keys.");
  server.add("port", integer(0, 65535), &S::port, "Port to listen on; 0 takes any free one.");
  server.add("workers", integer(0, 256), &S::workers, "Threads that serve requests; 0: one per core.");
  server.add(
      "reusePort", boolean(), &S::reuse_port,
      "One listening socket per worker instead of one acceptor; helps with very many short connections.");
  server.add("maxConnections", integer(1, 1'000'000), &S::max_connections,
             "Clients' connections at once; further ones get 503.");
  server.add("maxHeaderSize", bytes(kib, mib), &S::max_header_bytes, "Largest head of a request.");
  server.add("maxBodySize", bytes(kib, gib), &S::max_body_bytes,
             "Largest body of a request; images count here.");
  server.add("headerTimeout", duration(milliseconds{100}, hours{1}), &S::header_timeout,
             "Time a client has for the whole head of a request.");
  server.add("bodyTimeout", duration(milliseconds{100}, hours{1}), &S::body_timeout,
             "Longest pause while a client sends a body.");
  server.add("idleTimeout", duration(milliseconds{100}, hours{24}), &S::idle_timeout,
             "How long a connection without a request stays open.");
  server.add("writeTimeout", duration(milliseconds{100}, hours{1}), &S::write_timeout,
             "How long a client may refuse to read its answer.");
  server.add(
      "upstreamIdle", duration(milliseconds{0}, hours{1}), &S::upstream_idle,
      "How long an unused connection to a backend is kept. Keep it under 5s: Node and Python servers close "
      "theirs then.");
  server.add("upstreamPool", integer(0, 100'000), &S::upstream_pool,
             "Unused connections kept per worker and backend.");
  server.add("stopDeadline", duration(milliseconds{0}, hours{24}), &S::stop_deadline,
             "Time that running streams get after SIGTERM.");
  server.add("sweep", duration(milliseconds{10}, seconds{10}), &S::sweep,
             "How exactly the times above are kept.");
  Rows<S::Tls> tls;
  tls.add("certificate", text(), &S::Tls::certificate,
          "PEM file of the certificate, with the intermediate ones behind it; empty: plain HTTP. Read anew "
          "when it changes, and with every new configuration.");
  tls.add("key", text(), &S::Tls::key, "PEM file of its private key.");
  server.section("tls", std::move(tls).shape(), &S::tls, "TLS (1.2 and newer) towards clients.");
  server.add("upstreamCa", text(), &S::upstream_ca,
             "PEM file of certificates trusted for backends with https, besides the system's.");
  rows.section(
      "server", std::move(server).shape(), [](Draft& d) -> auto& { return d.settings.server; },
      "Where the gateway listens and what it allows a client.");
}

}  // namespace codecrucible::config

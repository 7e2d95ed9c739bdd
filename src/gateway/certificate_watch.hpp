#pragma once

#include "config/watch.hpp"
#include "net/server.hpp"
#include "telemetry/log.hpp"

#include <memory>
#include <vector>

namespace codecrucible::gateway {

// Takes up a renewed certificate when its files change, without a restart: clients that are here stay, new
// ones see the new one. While the two files do not fit each other (one was replaced and the other not yet)
// the old pair stays.
class CertificateWatch {
 public:
  // Watches nothing where the server does not speak TLS. The server outlives this.
  CertificateWatch(net::Server& server, const net::ServerSettings::Tls& files, telemetry::Log& log);

  // Also asked for with every new configuration. Any thread.
  void renew();

 private:
  net::Server& server_;
  telemetry::Log& log_;
  bool wanted_;
  std::vector<std::unique_ptr<config::Watch>> watches_;
};

}  // namespace codecrucible::gateway

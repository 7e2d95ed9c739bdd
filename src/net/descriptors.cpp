#include "net/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace codecrucible::net {
namespace {

// Standard streams, listeners, timers, the history's files, watched configuration, probes.
constexpr std::size_t for_the_house = 64;
constexpr std::size_t least_connections = 4;

}  // namespace

std::size_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur) : 1024;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t connections_within(std::size_t limit) {
  return std::max(least_connections, limit > for_the_house ? (limit - for_the_house) / 2 : 0);
}

std::string descriptor_advice(std::size_t limit) {
  return "the limit of open files is " + std::to_string(limit) + ", enough for " +
         std::to_string(connections_within(limit)) +
         " connections: raise it (LimitNOFILE in systemd, ulimit -Hn, --ulimit nofile in docker)";
}

bool is_own_shortage(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL;
}

}  // namespace codecrucible::net

#include "net/pool.hpp"

#include "net/call.hpp"
#include "net/server.hpp"
#include "net/worker.hpp"

#include <algorithm>
#include <utility>

namespace codecrucible::net {
namespace {

// Younger idle connections are trusted unseen; for older ones a look (one system call) is worth it, because
// some servers say "408" before they close, which must not be taken for a reply.
constexpr core::Duration trusted_idle = std::chrono::seconds(1);
constexpr std::size_t spare_buffers = 64;

bool same(const Endpoint& left, const Endpoint& right) noexcept {
  return left.port == right.port && left.tls == right.tls && left.host == right.host &&
         left.base_path == right.base_path && left.authorization == right.authorization &&
         left.public_only == right.public_only;
}

std::string name_of(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  std::string name = v6 ? "[" + endpoint.host + "]" : endpoint.host;
  if (endpoint.port != (endpoint.tls ? 443 : 80)) name += ":" + std::to_string(endpoint.port);
  return name;
}

}  // namespace

Pool::Pool(Loop& worker, const ServerSettings& settings)
    : worker_(worker),
      idle_limit_(settings.upstream_idle),
      idle_max_(settings.upstream_pool),
      extra_ca_(settings.upstream_ca) {}

Pool::Pool(Loop& worker, core::Duration idle_limit, std::size_t idle_max, std::string extra_ca)
    : worker_(worker), idle_limit_(idle_limit), idle_max_(idle_max), extra_ca_(std::move(extra_ca)) {}

Pool::~Pool() = default;

std::unique_ptr<Pool> Pool::sibling() const {
  return std::make_unique<Pool>(worker_, idle_limit_, idle_max_, extra_ca_);
}

std::unique_ptr<UpstreamCall> Pool::open(const Endpoint& endpoint) {
  for (auto& backend : backends_)
    if (same(backend->endpoint, endpoint)) return std::make_unique<Call>(*this, *backend);
  auto backend = std::make_unique<Backend>();
  backend->endpoint = endpoint;
  backend->name = name_of(endpoint);
  backends_.push_back(std::move(backend));
  return std::make_unique<Call>(*this, *backends_.back());
}

std::unique_ptr<Link> Pool::take(Backend& backend) {
  const core::Time now = worker_.now();
  while (!backend.idle.empty()) {
    std::unique_ptr<Link> link = std::move(backend.idle.back());
    backend.idle.pop_back();
    const core::Duration age = now - link->idle_since;
    if (age < trusted_idle || (age < idle_limit_ && link->still_quiet())) return link;
  }
  return nullptr;
}

void Pool::give(Backend& backend, std::unique_ptr<Link> link) {
  if (closed_ || backend.idle.size() >= idle_max_) return;
  link->idle_since = worker_.now();
  backend.idle.push_back(std::move(link));
}

Buffer Pool::take_buffer() {
  Buffer buffer;
  if (!buffers_.empty()) {
    buffer = std::move(buffers_.back());
    buffers_.pop_back();
  }
  buffer.reserve(buffer_size);
  return buffer;
}

void Pool::give_buffer(Buffer buffer) {
  if (buffers_.size() >= spare_buffers || buffer.capacity() != buffer_size) return;
  buffer.truncate(0);
  buffers_.push_back(std::move(buffer));
}

void Pool::drop_old(core::Time now) {
  for (auto& backend : backends_) {
    auto& idle = backend->idle;
    // Sorted by age: the oldest come first.
    const auto young = std::find_if(idle.begin(), idle.end(),
                                    [&](const auto& link) { return now - link->idle_since < idle_limit_; });
    idle.erase(idle.begin(), young);
  }
}

std::size_t Pool::close_idle() {
  std::size_t closed = 0;
  for (auto& backend : backends_) {
    closed += backend->idle.size();
    backend->idle.clear();
  }
  return closed;
}

void Pool::close() {
  closed_ = true;
  close_idle();
}

}  // namespace codecrucible::net

#pragma once

#include "config/settings.hpp"
#include "core/result.hpp"
#include "net/exchange.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// The API keys of one configuration, as digests: the secrets themselves are not kept.
class KeyRing {
 public:
  struct Key {
    std::string name;
    std::array<unsigned char, 32> digest{};  // SHA-256
    std::vector<std::string> models;         // patterns of what it may use; empty = everything
    int requests_per_minute = 0;             // 0 = no limit
    std::int64_t tokens_per_minute = 0;
    std::int64_t tokens_per_day = 0;
    bool batch = false;
    bool admin = false;
  };

  explicit KeyRing(const std::vector<config::ApiKey>& keys);
  bool empty() const noexcept { return keys_.empty(); }
  const std::vector<Key>& keys() const noexcept { return keys_; }
  // The key with this secret. Takes as long for a wrong secret as for a right one.
  const Key* find(std::string_view secret) const;

 private:
  std::vector<Key> keys_;
};

// Who asks. `key` is null where no keys are configured; it lives as long as `ring`.
struct Guest {
  std::shared_ptr<const KeyRing> ring;
  const KeyRing::Key* key = nullptr;
};

class RateLimits;

// The secret that a request brings: `Authorization: Bearer …`, or `x-api-key` as Anthropic's clients send it.
std::string_view secret_of(const net::Exchange& exchange);

// Lets a request in: everybody where there are no keys, else who brings one of them, within its limit.
core::Result<Guest> admit_guest(const net::Exchange& exchange, std::shared_ptr<const KeyRing> ring,
                                RateLimits& limits);

}  // namespace codecrucible::gateway

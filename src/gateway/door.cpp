#include "gateway/door.hpp"

#include "gateway/rate_limits.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <chrono>

namespace codecrucible::gateway {
namespace {

using Digest = std::array<unsigned char, 32>;

Digest digest_of(std::string_view secret) {
  Digest digest{};
  unsigned int size = 0;
  EVP_Digest(secret.data(), secret.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

// 64 hexadecimal digits, as the configuration's check made sure.
Digest digest_from(std::string_view hex) {
  Digest digest{};
  for (std::size_t i = 0; i < digest.size() && 2 * i + 1 < hex.size(); ++i) {
    digest[i] = static_cast<unsigned char>(hex_value(hex[2 * i]) * 16 + hex_value(hex[2 * i + 1]));
  }
  return digest;
}

}  // namespace

KeyRing::KeyRing(const std::vector<config::ApiKey>& keys) {
  keys_.reserve(keys.size());
  for (const auto& from : keys) {
    Key& key = keys_.emplace_back();
    key.name = from.name;
    key.digest = from.sha256.empty() ? digest_of(from.key) : digest_from(from.sha256);
    key.models = from.models;
    key.requests_per_minute = from.requests_per_minute;
    key.tokens_per_minute = from.tokens_per_minute;
    key.tokens_per_day = from.tokens_per_day;
    key.batch = from.batch;
    key.admin = from.admin;
  }
}

const KeyRing::Key* KeyRing::find(std::string_view secret) const {
  const auto digest = digest_of(secret);
  const Key* found = nullptr;
  for (const auto& key : keys_) {
    if (CRYPTO_memcmp(key.digest.data(), digest.data(), digest.size()) == 0) found = &key;
  }
  return found;
}

std::string_view secret_of(const net::Exchange& exchange) {
  auto given = exchange.header("authorization");
  if (given.starts_with("Bearer ") || given.starts_with("bearer ")) given.remove_prefix(7);
  return given.empty() ? exchange.header("x-api-key") : given;
}

core::Result<Guest> admit_guest(const net::Exchange& exchange, std::shared_ptr<const KeyRing> ring,
                                RateLimits& limits) {
  Guest guest{std::move(ring), nullptr};
  if (guest.ring->empty()) return guest;
  const auto secret = secret_of(exchange);
  if (secret.empty()) {
    return core::fail(core::Cause::unauthorized,
                      "this gateway wants an API key: Authorization: Bearer <key>, or x-api-key");
  }
  guest.key = guest.ring->find(secret);
  if (guest.key == nullptr) return core::fail(core::Cause::unauthorized, "this API key is not known here");
  auto within = limits.take(*guest.key, std::chrono::steady_clock::now(), std::chrono::system_clock::now());
  if (!within) return within.error();
  return guest;
}

}  // namespace codecrucible::gateway

#include "gateway/door.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cmath>

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

core::Result<void> RateLimits::take(const KeyRing::Key& key, core::Time now) {
  const auto most = static_cast<double>(key.requests_per_minute);
  const std::scoped_lock lock(mutex_);
  auto& bucket = buckets_.try_emplace(key.name, Bucket{most, now}).first->second;
  const double minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.at).count();
  bucket.left = std::min(most, bucket.left + std::max(0.0, minutes) * most);
  bucket.at = now;
  if (bucket.left >= 1) {
    bucket.left -= 1;
    return {};
  }
  auto failure =
      core::fail(core::Cause::rate_limited, "the key '" + key.name + "' may ask " +
                                                std::to_string(key.requests_per_minute) + " times a minute");
  failure.retry_after = std::chrono::seconds(static_cast<long>(std::ceil((1 - bucket.left) / most * 60)));
  return failure;
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
  if (guest.key->requests_per_minute > 0) {
    auto within = limits.take(*guest.key, std::chrono::steady_clock::now());
    if (!within) return within.error();
  }
  return guest;
}

}  // namespace codecrucible::gateway

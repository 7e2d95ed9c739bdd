#pragma once

#include "core/result.hpp"
#include "net/link.hpp"
#include "net/settings.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace codecrucible::net {

// One client's TLS without any I/O: what came from the wire goes in, what is to go out is asked for. Lives in
// a session, whose plain path does not know of it. OpenSSL stays in tls_door.cpp.
class TlsGuest {
 public:
  enum class Heard : std::uint8_t { bytes, nothing, end, broken };

  explicit TlsGuest(ssl_ctx_st* context);
  ~TlsGuest();
  TlsGuest(const TlsGuest&) = delete;
  TlsGuest& operator=(const TlsGuest&) = delete;

  // Where the next bytes from the wire go; came() says how many did.
  std::span<char> room() noexcept { return {wire_, sizeof wire_}; }
  void came(std::size_t count);
  // The client's next bytes, as far as they are here; goes on with the handshake where that is not done yet.
  Heard open(std::span<char> into, std::size_t& got);
  // True if open() may have more without anything having come.
  bool holds() const;
  // Seals at most one record's worth of `pieces`, small ones together; returns the rest.
  Pieces seal(Pieces pieces);
  // Says that nothing more will be sent.
  void farewell();
  bool shaken() const;  // the handshake is done
  bool begun() const noexcept { return begun_; }

  // For the wire: what is left of it after sent().
  std::string_view unsent() const;
  void sent(std::size_t count);

 private:
  static constexpr std::size_t record = 16 * 1024;

  ssl_st* ssl_;
  bool begun_ = false;  // something has come
  bool parted_ = false;
  std::unique_ptr<char[]> joined_;
  char wire_[8 * 1024];
};

// The certificate with which new clients are welcomed. Clients that are here keep theirs. Thread-safe.
class TlsDoor {
 public:
  // Reads both files. Failure names the file and what is wrong with it; what was in force stays.
  core::Result<void> load(const ServerSettings::Tls& files);
  // Only after a load.
  std::unique_ptr<TlsGuest> welcome() const;

 private:
  mutable std::mutex mutex_;  // held for a copy of the pointer
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace codecrucible::net

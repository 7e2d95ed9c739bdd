#include "net/tls_door.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

namespace codecrucible::net {
namespace {

// OpenSSL's own words for what went wrong first, which is the cause of the rest; and an empty queue.
std::string reason() {
  char text[256] = "";
  const unsigned long code = ERR_peek_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  const char* const words = std::strrchr(text, ':');
  return words != nullptr && words[1] != '\0' ? words + 1 : text;
}

core::Failure unusable(const std::string& file, std::string why) {
  return core::fail(core::Cause::internal, "TLS with " + file + ": " + std::move(why));
}

// HTTP/1.1 is all that is spoken; a client that offers only others is left to find out.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int length, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, offered, length);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

TlsGuest::TlsGuest(ssl_ctx_st* context) : ssl_(SSL_new(context)) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  // An empty buffer means "not yet" rather than "the end".
  BIO_set_mem_eof_return(SSL_get_rbio(ssl_), -1);
  SSL_set_accept_state(ssl_);
}

TlsGuest::~TlsGuest() {
  SSL_free(ssl_);
}

void TlsGuest::came(std::size_t count) {
  begun_ = begun_ || count != 0;
  BIO_write(SSL_get_rbio(ssl_), wire_, static_cast<int>(count));
}

TlsGuest::Heard TlsGuest::open(std::span<char> into, std::size_t& got) {
  got = 0;
  ERR_clear_error();
  if (SSL_read_ex(ssl_, into.data(), into.size(), &got) == 1) return Heard::bytes;
  switch (SSL_get_error(ssl_, 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Heard::nothing;
    case SSL_ERROR_ZERO_RETURN:
      return Heard::end;
    default:
      ERR_clear_error();
      return Heard::broken;
  }
}

bool TlsGuest::holds() const {
  return SSL_has_pending(ssl_) == 1 || BIO_ctrl_pending(SSL_get_rbio(ssl_)) != 0;
}

Pieces TlsGuest::seal(Pieces pieces) {
  while (!pieces.empty() && pieces.front().size() == 0) pieces = pieces.subspan(1);
  if (pieces.empty()) return pieces;
  asio::const_buffer one = pieces.front();
  if (one.size() < record && pieces.size() > 1) {
    if (!joined_) joined_ = std::make_unique_for_overwrite<char[]>(record);
    std::size_t size = 0;
    for (const auto& piece : pieces) {
      const std::size_t part = std::min(piece.size(), record - size);
      std::memcpy(joined_.get() + size, piece.data(), part);
      size += part;
      if (size == record) break;
    }
    one = asio::const_buffer(joined_.get(), size);
  }
  const std::size_t size = std::min(one.size(), record);
  std::size_t taken = 0;
  ERR_clear_error();
  // Into memory, so it is taken whole or the connection is broken.
  if (SSL_write_ex(ssl_, one.data(), size, &taken) != 1) {
    ERR_clear_error();
    parted_ = true;
    return {};
  }
  return after(pieces, taken);
}

void TlsGuest::farewell() {
  if (parted_ || !shaken()) return;
  parted_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

bool TlsGuest::shaken() const {
  return SSL_is_init_finished(ssl_) == 1;
}

std::string_view TlsGuest::unsent() const {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &bytes);
  return size <= 0 ? std::string_view() : std::string_view(bytes, static_cast<std::size_t>(size));
}

void TlsGuest::sent(std::size_t count) {
  BIO* const wire = SSL_get_wbio(ssl_);
  if (count == unsent().size()) {
    BIO_reset(wire);
    return;
  }
  char dropped[1024];
  while (count != 0) {
    const int step = BIO_read(wire, dropped, static_cast<int>(std::min(count, sizeof dropped)));
    if (step <= 0) return;
    count -= static_cast<std::size_t>(step);
  }
}

core::Result<void> TlsDoor::load(const ServerSettings::Tls& files) {
  ERR_clear_error();
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return unusable(files.certificate, reason());
  SSL_CTX* const to = context.get();
  SSL_CTX_set_min_proto_version(to, TLS1_2_VERSION);
  SSL_CTX_set_options(to, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                              SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(to, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(to, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(to, files.certificate.c_str()) != 1) {
    return unusable(files.certificate, reason());
  }
  if (SSL_CTX_use_PrivateKey_file(to, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(to) != 1) {
    return unusable(files.key, reason());
  }
  const std::scoped_lock lock(mutex_);
  context_ = context;
  return {};
}

std::unique_ptr<TlsGuest> TlsDoor::welcome() const {
  std::shared_ptr<SSL_CTX> context;
  {
    const std::scoped_lock lock(mutex_);
    context = context_;
  }
  return std::make_unique<TlsGuest>(context.get());
}

}  // namespace codecrucible::net

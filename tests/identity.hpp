#pragma once

// Certificates made on the spot, and a TLS client that shares no code with the server.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace codecrucible {

// A key and a certificate for `name` that signs itself; both written as PEM, so that a client can trust the
// one and a server use them.
class Identity {
 public:
  explicit Identity(const std::string& name) {
    static int count = 0;
    key_ = EVP_EC_gen("P-256");
    certificate_ = X509_new();
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), ++count);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* const subject = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate_, subject);
    const std::string also = "DNS:" + name + ",IP:127.0.0.1";
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, also.c_str());
    X509_add_ext(certificate_, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate_, key_, EVP_sha256());
    stem_ = std::filesystem::temp_directory_path() /
            ("codecrucible_tls_" + std::to_string(::getpid()) + "_" + std::to_string(count) + "_" + name);
    std::FILE* file = std::fopen(path().c_str(), "w");
    PEM_write_X509(file, certificate_);
    std::fclose(file);
    file = std::fopen(key_path().c_str(), "w");
    PEM_write_PrivateKey(file, key_, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }
  ~Identity() {
    std::filesystem::remove(path());
    std::filesystem::remove(key_path());
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  std::string path() const { return stem_.string() + ".pem"; }
  std::string key_path() const { return stem_.string() + ".key"; }
  SSL_CTX* server_context() const {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate_);
    SSL_CTX_use_PrivateKey(context, key_);
    return context;
  }
  // Whether this is the certificate that the other side showed.
  bool shown_to(const SSL* client) const {
    X509* const seen = SSL_get1_peer_certificate(client);
    const bool same = seen != nullptr && X509_cmp(seen, certificate_) == 0;
    X509_free(seen);
    return same;
  }

 private:
  EVP_PKEY* key_ = nullptr;
  X509* certificate_ = nullptr;
  std::filesystem::path stem_;
};

// Blocking TLS on a connected socket that somebody else owns. Believes every certificate: tests look
// themselves.
class TlsClient {
 public:
  explicit TlsClient(int descriptor, int newest = 0) : context_(SSL_CTX_new(TLS_client_method())) {
    // OpenSSL writes with write(2): a server that hangs up must not end the test.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    if (newest != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context_, newest);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, descriptor);
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
    shaken_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool shaken() const { return shaken_; }
  const SSL* ssl() const { return ssl_; }
  std::string protocol() const {
    const unsigned char* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &text, &size);
    return {reinterpret_cast<const char*>(text), size};
  }
  bool send(std::string_view bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  }
  // All that comes until `mark` was seen or the server ends; what comes after stays for the next call.
  std::string until(std::string_view mark) {
    while (pending_.find(mark) == std::string::npos && more()) {
    }
    const auto at = pending_.find(mark);
    const auto end = at == std::string::npos ? pending_.size() : at + mark.size();
    const std::string out = pending_.substr(0, end);
    pending_.erase(0, end);
    return out;
  }
  std::string rest() {
    while (more()) {
    }
    return std::move(pending_);
  }
  // After rest(): the server said that this was all.
  bool parted() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  bool more() {
    char buffer[16384];
    const int got = SSL_read(ssl_, buffer, sizeof buffer);
    if (got <= 0) return false;
    pending_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  bool shaken_ = false;
  std::string pending_;
};

}  // namespace codecrucible

#include "gateway/certificate_watch.hpp"

#include <fstream>
#include <iterator>

namespace codecrucible::gateway {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

CertificateWatch::CertificateWatch(net::Server& server, const net::ServerSettings::Tls& files,
                                   telemetry::Log& log)
    : server_(server), log_(log), wanted_(files.wanted()) {
  if (!wanted_) return;
  for (const auto& path : {files.certificate, files.key}) {
    config::WatchSettings settings;
    settings.path = path;
    std::string trouble;
    auto watch = config::watch(settings, text_of(path), [this](const std::string&) { renew(); }, trouble);
    if (watch == nullptr) log_.warn("the certificate is not watched", {{"reason", trouble}});
    watches_.push_back(std::move(watch));
  }
}

void CertificateWatch::renew() {
  if (!wanted_) return;
  const auto renewed = server_.renew_certificate();
  if (renewed) {
    log_.info("certificate read", {});
  } else {
    log_.warn("the new certificate is not in use, the old one stays", {{"reason", renewed.error().detail}});
  }
}

}  // namespace codecrucible::gateway

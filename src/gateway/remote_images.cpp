#include "gateway/remote_images.hpp"

#include "net/server.hpp"
#include "net/upstream.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory>

namespace codecrucible::gateway {
namespace {

constexpr int most_redirects = 3;
constexpr std::size_t most_images = 16;
constexpr std::string_view field = "messages";

core::Failure refused(core::Cause cause, std::string detail) {
  return core::fail(cause, std::move(detail), std::string(field));
}

// What of a URL may be told and logged: not its query, in which secrets travel.
std::string_view shown(std::string_view url) {
  return url.substr(0, std::min<std::size_t>(url.find_first_of("?#"), 200));
}

struct Address {
  net::Endpoint endpoint;
  std::string target;  // with the query
};

core::Result<Address> address_of(std::string_view url) {
  const auto begin = url.find("://") + 3;
  const auto end = std::min(url.find_first_of("/?#", begin), url.size());
  auto endpoint = net::parse_endpoint(url.substr(0, end));
  if (!endpoint) return refused(core::Cause::bad_request, endpoint.error().detail);
  Address address{std::move(*endpoint), {}};
  address.target = url.substr(end, url.find('#', end) - end);
  if (!address.target.starts_with('/')) address.target.insert(0, 1, '/');
  const bool clean = std::all_of(address.target.begin(), address.target.end(),
                                 [](unsigned char c) { return c > ' ' && c < 127; });
  if (!clean)
    return refused(core::Cause::bad_request, "a picture's URL holds a blank or a strange character");
  return address;
}

std::string in_base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* at = text.data();
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) -> unsigned {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0;
    };
    const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
    *at++ = digits[three >> 18];
    *at++ = digits[three >> 12 & 63];
    if (i + 1 < bytes.size()) *at++ = digits[three >> 6 & 63];
    if (i + 2 < bytes.size()) *at++ = digits[three & 63];
  }
  return text;
}

// One URL after the other, each on connections of its own.
class Fetch {
 public:
  Fetch(net::Exchange& exchange, const config::RemoteImages& settings)
      : exchange_(exchange), settings_(settings), pool_(exchange.worker().own_upstreams()) {}

  net::task<core::Result<PicturePtr>> picture(std::string url) {
    const std::string named = url;
    auto picture = std::make_shared<Picture>();
    picture->privately = settings_.private_networks;
    limits_.total = core::Deadline::in(std::chrono::steady_clock::now(), settings_.timeout);
    limits_.connect = limits_.first_byte = limits_.idle = settings_.timeout;
    for (int hop = 0; hop <= most_redirects; ++hop) {
      auto address = address_of(url);
      if (!address) co_return address.error();
      if (!may_be_fetched(address->endpoint.host, settings_.hosts)) co_return not_listed(url);
      address->endpoint.public_only = !settings_.private_networks;
      picture->hosts.push_back(address->endpoint.host);
      const auto body = co_await one(*address, url);
      if (!body) co_return told(url, body.error());
      if (next_.empty()) {
        picture->media_type = picture_type(*body);
        if (picture->media_type.empty()) co_return no_picture(named);
        picture->base64 = in_base64(*body);
        co_return PicturePtr(std::move(picture));
      }
      url = std::exchange(next_, {});
    }
    co_return refused(core::Cause::bad_request, std::string(shown(url)) + " redirects too often");
  }

 private:
  // The body, or where to look instead in next_.
  net::task<core::Result<std::string>> one(const Address& address, const std::string& url) {
    const auto call = pool_->open(address.endpoint);
    exchange_.on_gone([&call] { call->cancel(); });
    auto body = co_await read(*call, address, url);
    exchange_.on_gone({});
    co_return body;
  }

  net::task<core::Result<std::string>> read(net::UpstreamCall& call, const Address& address,
                                            const std::string& url) {
    net::UpstreamRequest request;
    request.method = "GET";
    request.path = address.target;
    request.content_type = {};
    request.accept = "image/png, image/jpeg, image/webp, image/gif";
    const auto head = co_await call.send(request, limits_);
    if (!head) co_return head.error();
    if (head->status / 100 == 3 && !head->location.empty()) {
      next_ = redirected(url, head->location);
      if (!next_.empty()) co_return std::string();
    }
    if (head->status != 200) {
      co_return core::fail(core::Cause::bad_request, "answers " + std::to_string(head->status));
    }
    auto body = co_await call.read_all(settings_.max_bytes);
    co_return body;
  }

  core::Failure not_listed(const std::string& url) const {
    return refused(
        core::Cause::unsupported,
        settings_.hosts.empty()
            ? "pictures must come as data (a data: URL): security.remoteImages.hosts names no "
              "server from which they may be fetched"
            : std::string(shown(url)) +
                  " is not on a server of security.remoteImages.hosts; send the picture as a data: "
                  "URL instead");
  }

  static core::Failure no_picture(const std::string& url) {
    return refused(core::Cause::bad_request,
                   std::string(shown(url)) + " is no picture (PNG, JPEG, GIF or WebP)");
  }

  // Why it could not be had; who listens behind an address is nobody's business.
  static core::Failure told(const std::string& url, const core::Failure& why) {
    if (why.cause == core::Cause::client_gone) return why;
    std::string detail = "the picture at " + std::string(shown(url)) + " cannot be had: ";
    switch (why.cause) {
      case core::Cause::forbidden:
        detail += "its server lies in a private network";
        break;
      case core::Cause::bad_request:
        detail += "its server " + why.detail;
        break;
      case core::Cause::timeout:
      case core::Cause::stall:
        detail += "its server takes too long";
        break;
      case core::Cause::garbage:
        detail += "it is too large, or what comes is no reply";
        break;
      default:
        detail += "its server cannot be reached";
    }
    return refused(core::Cause::bad_request, std::move(detail));
  }

  net::Exchange& exchange_;
  const config::RemoteImages& settings_;
  std::unique_ptr<net::UpstreamPool> pool_;
  net::UpstreamLimits limits_;
  std::string next_;
};

bool is_remote(const core::Part& part) {
  return part.kind == core::Part::Kind::image && !part.image.url.empty();
}

}  // namespace

bool names_remote_images(const core::ChatRequest& request) {
  for (const auto& message : request.messages)
    if (std::any_of(message.parts.begin(), message.parts.end(), is_remote)) return true;
  return false;
}

net::task<core::Result<void>> fetch_images(core::ChatRequest& request, core::Arena& arena,
                                           net::Exchange& exchange, PictureShelf& shelf,
                                           const config::RemoteImages& settings) {
  Fetch fetch(exchange, settings);
  std::vector<std::pair<std::string_view, core::Image>> had;
  for (auto& message : request.messages) {
    for (auto& part : message.parts) {
      if (!is_remote(part)) continue;
      const std::string_view url = part.image.url;
      const auto known =
          std::find_if(had.begin(), had.end(), [url](const auto& each) { return each.first == url; });
      if (known != had.end()) {
        part.image = known->second;
        continue;
      }
      if (had.size() == most_images) {
        co_return refused(core::Cause::unsupported, "more than " + std::to_string(most_images) +
                                                        " pictures are not fetched for one request");
      }
      auto picture = shelf.find(url, settings, std::chrono::steady_clock::now());
      if (picture == nullptr) {
        std::string from(url);
        auto fetched = co_await fetch.picture(std::move(from));
        if (!fetched) co_return fetched.error();
        picture = std::move(*fetched);
        shelf.keep(url, picture, settings, std::chrono::steady_clock::now());
      }
      core::Image image;
      image.media_type = picture->media_type;
      image.base64 = arena.copy(picture->base64);
      had.emplace_back(url, image);
      part.image = image;
    }
  }
  co_return core::Result<void>();
}

bool may_be_fetched(std::string_view host, const std::vector<std::string>& hosts) {
  const auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
  };
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::any_of(hosts.begin(), hosts.end(), [&](std::string_view known) {
    if (!known.starts_with("*.")) return same(host, known);
    known.remove_prefix(1);
    return host.size() > known.size() && same(host.substr(host.size() - known.size()), known);
  });
}

std::string_view picture_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

std::string redirected(std::string_view from, std::string_view location) {
  const bool tls = from.starts_with("https://");
  const auto authority = from.find("://") + 3;
  const auto path = std::min(from.find_first_of("/?#", authority), from.size());
  if (location.starts_with("https://") || (location.starts_with("http://") && !tls)) {
    return std::string(location);
  }
  if (location.starts_with("//")) return std::string(tls ? "https:" : "http:") + std::string(location);
  const auto odd = std::min(location.find_first_of(":/?#"), location.size());
  if (odd < location.size() && location[odd] == ':') return {};  // another scheme, or http after https
  const auto origin = from.substr(0, path);
  if (location.starts_with('/')) return std::string(origin) + std::string(location);
  const auto whole = from.substr(path, from.find_first_of("?#", path) - path);
  const auto slash = whole.rfind('/');
  const auto folder = slash == std::string_view::npos ? std::string_view("/") : whole.substr(0, slash + 1);
  return std::string(origin) + std::string(folder) + std::string(location);
}

}  // namespace codecrucible::gateway

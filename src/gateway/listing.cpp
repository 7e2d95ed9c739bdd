#include "gateway/listing.hpp"

#include "net/plain_request.hpp"

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_listing = 16 * 1024 * 1024;
constexpr std::size_t most_probes = 200;

}  // namespace

net::task<core::Result<providers::Listing>> ask_listing(net::Worker& worker, const Backend& backend,
                                                        std::chrono::milliseconds patience) {
  std::vector<net::PlainReply> replies;
  std::vector<providers::ProbeReply> seen;
  net::UpstreamLimits limits;
  limits.connect = patience;
  limits.first_byte = patience;
  limits.idle = patience;
  replies.reserve(most_probes);  // `seen` points into them
  while (replies.size() < most_probes) {
    const auto probe = backend.provider->next_probe(seen);
    if (!probe) break;
    net::UpstreamRequest request;
    request.method = probe->method;
    request.path = probe->path;
    request.body = probe->body;
    auto reply =
        co_await net::plain_request(worker.upstreams(), backend.endpoint, request, limits, largest_listing);
    if (!reply) co_return reply.error();
    replies.push_back(std::move(*reply));
    seen.push_back({replies.back().status, replies.back().content_type, replies.back().body});
  }
  co_return backend.provider->parse_listing(seen);
}

fleet::Listing fleet_listing(const providers::Listing& listing) {
  fleet::Listing out;
  out.version = listing.version;
  for (const auto& model : listing.models) {
    fleet::Found found;
    found.id = model.id;
    found.can = model.can;
    found.window = model.window;
    found.max_window = model.max_window;
    found.size_bytes = model.size_bytes;
    found.vram_bytes = model.vram_bytes;
    found.parameters_billion = model.parameters_billion;
    found.resident = model.resident;
    found.slots = model.slots;
    found.expires_in_seconds = model.expires_in_seconds;
    out.models.push_back(std::move(found));
  }
  return out;
}

}  // namespace codecrucible::gateway

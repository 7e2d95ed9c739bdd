#include "net/plain_request.hpp"

#include <utility>

namespace codecrucible::net {

task<core::Result<PlainReply>> plain_request(UpstreamPool& pool, const Endpoint& endpoint,
                                             const UpstreamRequest& request, UpstreamLimits limits,
                                             std::size_t max_bytes) {
  auto call = pool.open(endpoint);
  auto head = co_await call->send(request, limits);
  if (!head) co_return head.error();
  PlainReply reply;
  reply.status = head->status;
  reply.content_type = head->content_type;
  auto body = co_await call->read_all(max_bytes);
  if (!body) co_return body.error();
  reply.body = std::move(body.value());
  co_return reply;
}

}  // namespace codecrucible::net

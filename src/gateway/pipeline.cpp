#include "gateway/pipeline.hpp"

#include "gateway/chat_job.hpp"
#include "gateway/climb.hpp"
#include "gateway/record.hpp"

namespace codecrucible::gateway {

net::task<> serve_chat(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface) {
  ChatJob job(exchange, desk, surface);
  auto understood = job.understand();  // decode → classify → decide
  if (!understood) {
    job.failure = understood.error();
    co_await job.refuse();
  } else {
    co_await climb(job);  // admit → attempt → relay, candidate after candidate
  }
  record(job);
}

}  // namespace codecrucible::gateway

#include "gateway/pipeline.hpp"

#include "gateway/chat_job.hpp"
#include "gateway/climb.hpp"
#include "gateway/heard_answer.hpp"
#include "gateway/judge_desk.hpp"
#include "gateway/load.hpp"
#include "gateway/record.hpp"
#include "wire/ollama/client.hpp"

namespace codecrucible::gateway {

net::task<> serve_chat(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface) {
  ChatJob job(exchange, desk, surface);
  HeardAnswer heard(job.snapshot->settings.history);
  const HeardAnswer* answer = &heard;
  auto understood = job.understand();  // decode → classify → decide
  if (understood && wants_judge(job)) understood = co_await consult_judge(job);
  if (!understood) {
    job.failure = understood.error();
    co_await job.refuse();
  } else if (core::is_ollama(surface) && wire::ollama::is_load_request(job.request)) {
    co_await serve_load(job);
    answer = nullptr;
  } else {
    if (heard.wanted()) job.listeners.push_back(&heard);
    co_await climb(job);  // admit → attempt → relay, candidate after candidate
  }
  record(job, answer);
}

}  // namespace codecrucible::gateway

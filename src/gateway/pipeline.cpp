#include "gateway/pipeline.hpp"

#include "gateway/cache_visit.hpp"
#include "gateway/chat_job.hpp"
#include "gateway/climb.hpp"
#include "gateway/heard_answer.hpp"
#include "gateway/judge_desk.hpp"
#include "gateway/load.hpp"
#include "gateway/record.hpp"
#include "gateway/remote_images.hpp"
#include "gateway/shadow.hpp"
#include "gateway/trace_notes.hpp"
#include "wire/ollama/client.hpp"

namespace codecrucible::gateway {

namespace {

net::task<core::Result<void>> take_in_images(ChatJob& job) {
  const auto& settings = job.snapshot->settings.security.images;
  const auto began = std::chrono::steady_clock::now();
  auto fetched = co_await fetch_images(job.request, job.arena, job.exchange, job.desk.pictures, settings);
  job.waited += std::chrono::steady_clock::now() - began;
  job.has_source = false;  // the client's own bytes still name the URLs
  co_return fetched;
}

}  // namespace

net::task<> serve_chat(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface, Guest guest) {
  SharedExchange client(exchange);  // others may come to listen to its answer
  const telemetry::Raised running(desk.recorder, telemetry::Gauge::requests_running);
  ChatJob job(client, desk, surface);
  job.guest = std::move(guest);
  begin_trace(job);
  HeardAnswer heard(job.snapshot->settings.history);
  if (heard.wanted()) job.listeners.push_back(&heard);
  CacheVisit visit(job, client);
  auto understood = job.read();  // decode
  if (understood && names_remote_images(job.request)) understood = co_await take_in_images(job);
  std::optional<telemetry::Raised> streaming;
  if (job.request.stream) streaming.emplace(desk.recorder, telemetry::Gauge::streams_open);
  const bool load = understood && core::is_ollama(surface) && wire::ollama::is_load_request(job.request);
  bool served = false;
  if (understood && !load) served = co_await visit.serve();  // from memory, or with an identical request
  if (!served) {
    if (understood) understood = job.choose();  // classify → decide
    if (understood && wants_judge(job)) understood = co_await consult_judge(job);
    if (understood && !load) served = co_await visit.serve_alike();  // the same in other words
  }
  if (!served) {
    if (!understood) {
      job.failure = understood.error();
      co_await job.refuse();
    } else if (load) {
      co_await serve_load(job);
    } else {
      const auto shadow = Shadow::draw(job);
      if (shadow) job.listeners.push_back(shadow.get());
      co_await climb(job);  // admit → attempt → relay, candidate after candidate
      if (shadow) shadow->dispatch();
      std::erase(job.listeners, static_cast<AnswerListener*>(shadow.get()));
    }
  }
  visit.settle();
  co_await client.settled();
  record(job, load ? nullptr : &heard);
}

}  // namespace codecrucible::gateway

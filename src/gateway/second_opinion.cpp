#include "gateway/second_opinion.hpp"

#include "net/sweeper.hpp"
#include "wire/think_splitter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_second = 1024 * 1024;
// Warm enough that a model of the same kind does not just say the same again.
constexpr double least_temperature = 0.7;

// Another small model first, then the same one once more.
std::vector<std::size_t> whom_to_ask(const ChatJob& job, std::size_t position) {
  std::vector<std::size_t> positions;
  const auto& ranked = job.decision.ranked;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const auto& model = job.model_at(i);
    const bool other = model.public_id != job.model_at(position).public_id;
    const bool free = model.resident && model.running < model.slots;
    if (other && free && ranked[i].quality <= ranked[position].quality + 0.01) positions.push_back(i);
  }
  positions.push_back(position);
  return positions;
}

fleet::Ask ask_for(const ChatJob& job, std::size_t position) {
  const auto& model = job.model_at(position);
  fleet::Ask ask;
  ask.candidates.push_back({job.fleet->host_of(model).name, model.id});
  ask.client = std::string(job.exchange.remote());
  ask.prompt_tokens = job.facts.prompt_tokens;
  ask.max_tokens = job.request.max_tokens;
  return ask;
}

}  // namespace

struct SecondOpinion::Drawing {
  Drawing(WorkerDesk& desk_in, fleet::Lease lease_in)
      : desk(desk_in), lease(std::move(lease_in)), timer(desk_in.worker.context()) {}

  WorkerDesk& desk;
  fleet::Lease lease;
  BackendPtr backend;
  providers::Call call;
  net::UpstreamLimits limits;
  std::unique_ptr<net::UpstreamCall> upstream;
  net::Timer timer;  // who waits is woken by its cancellation
  std::optional<std::string> body;
  bool over = false;
  bool unwanted = false;
};

std::unique_ptr<SecondOpinion> SecondOpinion::draw(ChatJob& job, std::size_t position) {
  auto& budget = job.desk.escalations.seconds();
  if (!budget.affords()) return nullptr;
  for (const auto other : whom_to_ask(job, position)) {
    auto lease = job.desk.fleet.admit_now(ask_for(job, other));
    if (!lease) continue;
    auto drawing = std::make_shared<Drawing>(job.desk, std::move(*lease));
    drawing->backend = job.desk.fleet.backend(drawing->lease.at.host);
    core::ChatRequest request(job.request);
    request.stream = false;
    request.logprobs.reset();
    request.top_logprobs.reset();
    request.sampling.seed.reset();
    request.sampling.temperature = std::max(request.sampling.temperature.value_or(0), least_temperature);
    const auto target = job.desk.fleet.target(drawing->lease.at, job.model_at(other));
    if (drawing->backend) {
      if (auto call = drawing->backend->provider->encode(request, nullptr, target))
        drawing->call = std::move(*call);
    }
    if (drawing->call.path.empty()) {
      fleet::Outcome outcome;
      outcome.cancelled = true;
      job.desk.fleet.finished(drawing->lease.id, outcome);
      continue;
    }
    budget.spend();
    job.desk.recorder.count(telemetry::Count::second_answer);
    const auto timeouts = job.desk.fleet.timeouts();
    drawing->limits.connect = timeouts.connect;
    drawing->limits.first_byte = drawing->limits.idle = timeouts.first_token;
    drawing->upstream = job.desk.worker.upstreams().open(drawing->backend->endpoint);
    boost::asio::co_spawn(job.desk.worker.context(), run(drawing), boost::asio::detached);
    return std::unique_ptr<SecondOpinion>(new SecondOpinion(job, std::move(drawing)));
  }
  return nullptr;
}

net::task<> SecondOpinion::run(std::shared_ptr<Drawing> drawing) {
  net::UpstreamRequest request;
  request.method = drawing->call.method;
  request.path = drawing->call.path;
  request.body = drawing->call.body;
  request.accept = "application/json";
  const auto began = std::chrono::steady_clock::now();
  fleet::Outcome outcome;
  auto head = co_await drawing->upstream->send(request, drawing->limits);
  if (!head) outcome.cause = head.error().cause;
  if (head && head->status == 200) {
    auto body = co_await drawing->upstream->read_all(largest_second);
    if (body) {
      drawing->body = std::move(*body);
    } else {
      outcome.cause = body.error().cause;
    }
  }
  // What a refusal means is for real requests to find out.
  outcome.cancelled = drawing->unwanted || (head && head->status != 200);
  outcome.total = std::chrono::steady_clock::now() - began;
  drawing->upstream.reset();
  drawing->desk.fleet.finished(drawing->lease.id, outcome);
  drawing->over = true;
  drawing->timer.cancel();
}

net::task<std::optional<std::string>> SecondOpinion::text(core::Time until) {
  auto& drawing = *drawing_;
  if (!drawing.over && !drawing.unwanted) {
    drawing.timer.expires_at(until);
    co_await drawing.timer.async_wait(net::nothrow);
  }
  if (!drawing.over || !drawing.body) co_return std::nullopt;
  core::Arena memory;
  core::Events events;
  drawing.backend->provider->decode_whole(job_.request, *drawing.body, memory, events);
  wire::ThinkSplitter splitter(drawing.backend->settings.think_tags);
  splitter.split(events);
  std::string text;
  for (const auto& event : events) {
    if (event.kind == core::Event::Kind::failure) co_return std::nullopt;
    if (event.kind == core::Event::Kind::text && event.choice == 0) text += event.text;
  }
  co_return text;
}

void SecondOpinion::cancel() {
  drawing_->unwanted = true;
  if (drawing_->upstream) drawing_->upstream->cancel();
  drawing_->timer.cancel();
}

}  // namespace codecrucible::gateway

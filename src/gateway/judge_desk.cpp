#include "gateway/judge_desk.hpp"

#include "fleet/names.hpp"
#include "gateway/clock.hpp"
#include "net/plain_request.hpp"

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_answer = 64 * 1024;

// Another judge may judge otherwise: its answers are kept apart.
std::uint64_t key_of(const core::ChatRequest& request, const classifier::JudgeSettings& settings) {
  std::uint64_t key = classifier::judge_cache_key(request);
  for (const char c : settings.model) key = (key ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return key ^ (key >> 29);
}

core::Message& say(core::ChatRequest& request, core::Role role, std::string_view text) {
  auto& message = request.messages.emplace_back();
  message.role = role;
  core::Part part;
  part.text = text;
  message.parts.push_back(part);
  return message;
}

class Consultation {
 public:
  Consultation(ChatJob& job, const core::ModelView& judge)
      : job_(job),
        judge_(judge),
        settings_(job.snapshot->layers.settings.judge),
        question_(classifier::judge_question(job.request)),
        began_(clock_now()) {}

  net::task<core::Result<classifier::Judgement>> run() {
    fleet::Ask ask;
    ask.candidates.push_back({job_.fleet->host_of(judge_).name, judge_.id});
    ask.client = "judge";
    ask.deadline = core::Deadline::in(began_, settings_.timeout);
    ask.output_tokens = question_.max_tokens;
    auto lease = co_await job_.desk.fleet.admit(job_.desk.worker, std::move(ask), job_.exchange);
    if (!lease) co_return lease.error();
    fleet::Outcome outcome;
    auto judgement = co_await call(*lease, outcome);
    outcome.total = clock_now() - began_;
    // Our impatience says nothing about the backend.
    outcome.cancelled = !judgement && judgement.error().cause == core::Cause::timeout;
    if (!judgement && !outcome.cancelled) outcome.cause = judgement.error().cause;
    // An answer out of its schema is the judge's fault, not its server's.
    if (answered_) outcome.cause.reset();
    job_.desk.fleet.finished(lease->id, outcome);
    co_return judgement;
  }

 private:
  net::task<core::Result<classifier::Judgement>> call(const fleet::Lease& lease, fleet::Outcome& outcome) {
    const auto backend = job_.desk.fleet.backend(lease.at.host);
    if (backend == nullptr || lease.must_load_first)
      co_return core::fail(core::Cause::no_backend, "the judge is not in memory");
    core::Arena arena;
    core::ChatRequest request(arena);
    put(request);
    const auto target = job_.desk.fleet.target(lease.at, judge_);
    const auto encoded = backend->provider->encode(request, nullptr, target);
    if (!encoded) co_return encoded.error();
    net::UpstreamRequest plain;
    plain.method = encoded->method;
    plain.path = encoded->path;
    plain.body = encoded->body;
    plain.accept = "application/json";
    net::UpstreamLimits limits;
    limits.connect = settings_.timeout;
    limits.first_byte = settings_.timeout;
    limits.idle = settings_.timeout;
    limits.total = core::Deadline::in(began_, settings_.timeout);
    const auto reply = co_await net::plain_request(job_.desk.worker.upstreams(), backend->endpoint, plain,
                                                   limits, largest_answer);
    if (!reply) co_return reply.error();
    if (reply->status != 200) co_return backend->provider->failure_of(reply->status, reply->body);
    core::Events events;
    backend->provider->decode_whole(request, reply->body, arena, events);
    std::string said;
    for (const auto& event : events) {
      if (event.kind == core::Event::Kind::text) said += event.text;
      if (event.kind == core::Event::Kind::usage) outcome.usage = event.usage;
      if (event.kind == core::Event::Kind::failure && event.failure) co_return *event.failure;
    }
    answered_ = true;
    co_return classifier::read_judgement(said);
  }

  void put(core::ChatRequest& request) const {
    request.model = judge_.id;
    say(request, core::Role::system, question_.system);
    say(request, core::Role::user, question_.user);
    request.format.kind = core::Format::Kind::schema;
    request.format.schema = question_.schema;
    request.format.name = "judgement";
    request.format.strict = true;
    request.sampling.temperature = 0;
    request.max_tokens = question_.max_tokens;
    if (judge_.can.thinking) request.think = false;
  }

  ChatJob& job_;
  const core::ModelView& judge_;
  const classifier::JudgeSettings& settings_;
  classifier::JudgeQuestion question_;
  core::Time began_;
  bool answered_ = false;
};

}  // namespace

bool wants_judge(const ChatJob& job) {
  return job.classified && !job.decision.concrete &&
         classifier::needs_judge(job.verdict, job.snapshot->layers.settings);
}

net::task<core::Result<void>> consult_judge(ChatJob& job) {
  const auto& settings = job.snapshot->layers.settings.judge;
  const auto key = key_of(job.request, settings);
  auto judgement = job.desk.judgements.find(key);
  if (!judgement) {
    const auto* judge = fleet::ready_model(*job.fleet, settings.model);
    if (judge == nullptr) {
      job.verdict.signals.push_back("the judge is not in memory");
      co_return core::Result<void>();
    }
    const auto began = clock_now();
    Consultation consultation(job, *judge);
    const auto said = co_await consultation.run();
    job.waited += clock_now() - began;
    if (!said) {
      job.verdict.signals.push_back("the judge did not answer");
      co_return core::Result<void>();
    }
    judgement = *said;
    job.desk.judgements.keep(key, *said, settings.cache_entries);
  }
  job.verdict = classifier::with_judgement(std::move(job.verdict), *judgement);
  co_return job.decide();
}

void recall_judge(const core::ChatRequest& request, const Snapshot& snapshot, JudgeMemory& memory,
                  classifier::Verdict& verdict) {
  const auto& settings = snapshot.layers.settings;
  if (!classifier::needs_judge(verdict, settings)) return;
  if (const auto judgement = memory.find(key_of(request, settings.judge))) {
    verdict = classifier::with_judgement(std::move(verdict), *judgement);
  } else {
    verdict.signals.push_back("the judge would be asked");
  }
}

}  // namespace codecrucible::gateway

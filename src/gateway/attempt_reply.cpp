// What comes back from the backend of an attempt, and goes on to the client.
#include "gateway/attempt.hpp"
#include "gateway/clock.hpp"
#include "wire/ollama/client.hpp"
#include "wire/think_splitter.hpp"

namespace codecrucible::gateway {
// The streamed reply. Until the first content, and until a hold has come to its verdict, everything stays
// here, so that a backend that fails early costs the client nothing. `kept`: begin with what is here already.
net::task<Attempt::Trouble> Attempt::flow(bool kept) {
  const auto& seen = lane_->observed();
  while (true) {
    if (!kept) {
      if (holding()) upstream_->read_by(hold_->look_at());
      auto bytes = co_await upstream_->read();
      if (!job_.delivery->live()) heard_ = clock_now();
      if (!bytes) {
        record_.observed = seen;
        auto failure = gone_or(bytes.error());
        out_.clear();
        lane_->fail(failure, out_);
        if (job_.delivery->live()) co_await job_.delivery->fail(failure, out_);
        co_return failure;
      }
      if (!bytes->empty()) {
        lane_->feed(*bytes, out_);
      } else if (!upstream_->lapsed()) {
        lane_->end(out_);
      }
    }
    kept = false;
    if (seen.content && record_.first_content == core::Time{}) first_content();
    if (!job_.delivery->live()) {
      if (auto wrong = wrong_model(seen.model)) co_return wrong;
      if (seen.failure) co_return seen.failure;
      if (!seen.content && !seen.complete) continue;
    }
    if (holding()) {
      auto step = verdict(seen.complete);
      const bool compared = second_ && hold_->ended();
      if (step == confidence::Step::hold || compared) start_stronger();
      if (step == confidence::Step::hold) continue;
      if (compared) {
        const auto until = hold_->until();
        step = co_await weigh(until);
      }
      if (step == confidence::Step::escalate) {
        record_.observed = seen;
        doubt();
        co_return std::nullopt;
      }
      show();
    }
    const bool over = seen.complete || seen.failure.has_value();
    if (over && !seen.failure) all_heard();
    const bool there = co_await pass_on(over);
    out_.clear();
    if (!there || over) {
      record_.observed = seen;
      if (seen.failure) co_return seen.failure;
      if (!there && !over) co_return core::fail(core::Cause::client_gone, "the client closed the connection");
      break;
    }
  }
  if (!settled_) co_await release_connection();
  co_return std::nullopt;
}

net::task<bool> Attempt::pass_on(bool over) {
  if (rival_ != nullptr) rival_->drop();
  rival_ = nullptr;
  if (!job_.delivery->live()) job_.delivery->took(own_, heard_);
  if (over) {
    const bool there = co_await job_.delivery->end(out_);
    co_return there;
  }
  if (out_.empty()) co_return true;
  const bool there = co_await job_.delivery->send(out_);
  co_return there;
}

// After the terminal mark only the framing's end is missing: with it the connection can be used again. A
// backend that keeps the body open is dropped (traps A13).
net::task<> Attempt::release_connection() {
  if (upstream_->at_end()) co_return;
  upstream_->limit_idle(std::chrono::milliseconds(500));
  co_await upstream_->read();
}

void Attempt::all_heard() const {
  for (auto* listener : job_.listeners) listener->end();
}

void Attempt::first_content() {
  streamed_ = first_known_;
  record_.first_content = clock_now();
  upstream_->limit_idle(idle_);
  job_.desk.fleet.progress(lease_.id);
}

net::task<Attempt::Trouble> Attempt::whole(int status, std::optional<std::chrono::seconds> retry_after,
                                           bool verbatim) {
  const auto failure_of = [&] {
    auto failure = backend_->provider->failure_of(status, body_);
    if (!failure.retry_after) failure.retry_after = retry_after;
    return failure;
  };
  if (status != 200) co_return failure_of();
  if (goes_verbatim(verbatim) && !job_.request.stream) {
    answer_ = gateway::relay_whole(job_.context, body_, storage_, record_.observed, ears());
  } else {
    answer_ = translate();
  }
  const auto& seen = record_.observed;
  if (seen.failure) {
    // A 200 whose body is an error object: the provider knows its words best (traps D6).
    if (seen.failure->cause == core::Cause::backend_error) co_return failure_of();
    co_return seen.failure;
  }
  if (auto wrong = wrong_model(seen.model)) co_return wrong;
  record_.first_content = clock_now();
  if (holding()) {
    auto step = verdict(true);
    if (second_) {
      start_stronger();
      const auto until = clock_now() + job_.snapshot->settings.confidence.extra_time;
      step = co_await weigh(until);
    }
    if (step == confidence::Step::escalate) {
      doubt();
      co_return std::nullopt;
    }
    show();
  }
  auto failed = co_await send_whole();
  co_return failed;
}

net::task<Attempt::Trouble> Attempt::send_whole() {
  all_heard();
  if (rival_ != nullptr) rival_->drop();
  rival_ = nullptr;
  job_.delivery->took(own_, heard_);
  bool there = false;
  if (job_.request.stream) {
    there = co_await job_.delivery->end(answer_);
  } else {
    there = co_await job_.delivery->whole(answer_);
  }
  if (!there) co_return core::fail(core::Cause::client_gone, "the client closed the connection");
  co_return std::nullopt;
}

// A whole reply decoded and written anew: for another dialect, or as a stream for a client that asked for
// one.
std::string_view Attempt::translate() {
  core::Events events;
  backend_->provider->decode_whole(job_.request, body_, job_.arena, events);
  wire::ThinkSplitter splitter(backend_->settings.think_tags);
  splitter.split(events);
  for (auto& event : events) {
    const bool unknown = event.kind == core::Event::Kind::usage && event.timings.total.count() == 0;
    if (unknown && core::is_ollama(job_.request.surface)) {
      event.timings = wire::ollama::measured(record_.began, clock_now(), clock_now());
    }
    observe(event, record_.observed);
  }
  tell(ears(), events);
  if (record_.observed.failure) return {};
  record_.observed.complete = true;
  write_events(events, storage_);
  return storage_;
}

// Events as the client's dialect has them, whole or as a stream.
void Attempt::write_events(const core::Events& events, std::string& out) const {
  // Those that the gateway asked for on its own account stay here.
  const bool logprobs = job_.request.logprobs.value_or(false);
  const auto shown = [&](const core::Event& event) {
    return logprobs || event.kind != core::Event::Kind::logprobs;
  };
  if (job_.request.stream) {
    const auto encoder = wire::make_stream_encoder(job_.context);
    for (const auto& event : events) {
      if (shown(event)) encoder->encode(event, out);
    }
    if (record_.observed.complete || (lane_ && lane_->observed().complete)) encoder->finish(out);
  } else {
    const auto encoder = wire::make_whole_encoder(job_.context);
    for (const auto& event : events) {
      if (shown(event)) encoder->gather(event);
    }
    encoder->write(out);
  }
}

}  // namespace codecrucible::gateway

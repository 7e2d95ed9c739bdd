#include "gateway/retelling.hpp"

#include "gateway/clock.hpp"
#include "wire/ollama/client.hpp"

namespace codecrucible::gateway {
namespace {

constexpr std::size_t slice = 64 * 1024;
constexpr core::Duration silence_before_keep_alive = std::chrono::seconds(5);

// Events of a shared answer, written for one client.
class Retelling {
 public:
  explicit Retelling(ChatJob& job) : job_(job) {}

  // Before the first event: who answered. `age` of an answer from memory.
  void introduce(const cache::Origin& origin, std::optional<std::chrono::seconds> age) {
    const bool echo = core::is_ollama(job_.request.surface) && origin.concrete;
    job_.context.model = echo ? std::string(job_.request.model) : origin.shown;
    job_.retold = origin;
    for (auto* const listener : job_.listeners) listener->begin();
    std::string lines = id_lines(job_) + origin.headers;
    if (age) {
      lines += "Age: " + std::to_string(age->count()) + "\r\n";
      const auto now = clock_now();
      job_.delivery->took(now - job_.exchange.arrived() - job_.queued - job_.waited, now);
    }
    append_closing(lines, job_, 0);
    job_.delivery->describe(std::move(lines));
    if (job_.request.stream) {
      stream_ = wire::make_stream_encoder(job_.context);
    } else {
      whole_ = wire::make_whole_encoder(job_.context);
    }
  }
  bool introduced() const { return stream_ != nullptr || whole_ != nullptr; }

  void tell(core::Event& event) {
    if (event.kind == core::Event::Kind::usage) {
      job_.retold_usage = event.usage;
      // Ollama's clients compute speeds from them (traps E3).
      if (core::is_ollama(job_.request.surface) && event.timings.total.count() == 0) {
        const auto now = std::chrono::steady_clock::now();
        event.timings = wire::ollama::measured(job_.exchange.arrived(), now, now);
      }
    }
    for (auto* const listener : job_.listeners) listener->hear(event);
    if (stream_) {
      stream_->encode(event, out_);
    } else {
      whole_->gather(event);
    }
  }

  bool due() const { return out_.size() >= slice; }
  // Sends what was told of a stream. False = the client is gone.
  net::task<bool> send() {
    if (!stream_ || out_.empty()) co_return true;
    const bool there = co_await job_.delivery->send(out_);
    out_.clear();
    co_return there;
  }

  net::task<bool> end() {
    bool there = false;
    for (auto* const listener : job_.listeners) listener->end();
    if (stream_) {
      stream_->finish(out_);
      there = co_await job_.delivery->end(out_);
    } else {
      whole_->write(out_);
      there = co_await job_.delivery->whole(out_);
    }
    co_return there;
  }

  // The stream's last frame, where it has begun.
  std::string failure_frame(const core::Failure& failure) {
    std::string frame;
    if (!stream_) return frame;
    core::Event event;
    event.kind = core::Event::Kind::failure;
    event.failure = failure;
    stream_->encode(event, frame);
    return frame;
  }

 private:
  ChatJob& job_;
  std::unique_ptr<wire::StreamEncoder> stream_;
  std::unique_ptr<wire::WholeEncoder> whole_;
  std::string out_;
};

core::Failure left() {
  return core::fail(core::Cause::client_gone, "the client closed the connection");
}

// A place in a flight, given back whatever happens.
struct Seated {
  cache::Flight& flight;
  cache::Flight::Seat seat;
  ~Seated() { flight.leave(seat); }
};

}  // namespace

net::task<> replay(ChatJob& job, const cache::Answer& answer) {
  Retelling retelling(job);
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(job.context.created - answer.made);
  retelling.introduce(answer.origin, std::max(age, std::chrono::seconds(0)));
  cache::Unpacker events(answer.events);
  core::Event event;
  bool there = true;
  while (there && events.next(event)) {
    retelling.tell(event);
    if (retelling.due()) there = co_await retelling.send();
  }
  if (there) there = co_await retelling.end();
  if (!there) job.failure = left();
}

net::task<std::optional<core::Failure>> follow(ChatJob& job, cache::Flight& flight, cache::Flight::Seat seat,
                                               Bell& bell) {
  const Seated seated{flight, seat};
  std::string lines = id_lines(job);
  append_closing(lines, job, 0);
  job.delivery->describe(std::move(lines));
  job.delivery->keep_alive(silence_before_keep_alive);
  job.exchange.on_gone([&bell] { bell.ring(); });
  Retelling retelling(job);
  std::string heard;
  std::optional<core::Failure> failure;
  while (true) {
    if (job.exchange.gone() || job.exchange.must_end()) {
      failure = left();
      if (!job.exchange.gone())
        failure = core::fail(core::Cause::shutting_down, "the gateway is being stopped");
      break;
    }
    const auto news = flight.hear(seat, slice, heard);
    if (news.bytes > 0) {
      if (!retelling.introduced()) retelling.introduce(*news.origin, std::nullopt);
      cache::Unpacker events(heard);
      core::Event event;
      while (events.next(event)) retelling.tell(event);
      heard.erase(0, events.consumed());
      const bool there = co_await retelling.send();
      if (!there) failure = left();
      if (!there) break;
    } else if (news.state == cache::Flight::State::running) {
      co_await bell.wait();
    } else {
      failure = news.failure;
      break;
    }
  }
  job.exchange.on_gone({});
  if (!failure && retelling.introduced()) {
    const bool there = co_await retelling.end();
    if (!there) job.failure = left();
  } else if (failure && job.delivery->live()) {
    const auto frame = retelling.failure_frame(*failure);
    co_await job.delivery->fail(*failure, frame);
  }
  co_return failure;
}

}  // namespace codecrucible::gateway

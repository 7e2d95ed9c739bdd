#include "gateway/lane.hpp"

#include "wire/ollama/client.hpp"
#include "wire/ollama/relay.hpp"
#include "wire/think_splitter.hpp"

namespace codecrucible::gateway {
namespace {

class VerbatimLane final : public Lane {
 public:
  explicit VerbatimLane(std::unique_ptr<wire::openai::Relay> relay) : relay_(std::move(relay)) {}

  void listen(std::span<AnswerListener* const> listeners) override { listeners_ = listeners; }
  void feed(std::string_view bytes, std::string& out) override {
    relay_->feed(bytes, out, heard());
    tell(listeners_, events_);
  }
  void end(std::string& out) override {
    relay_->end(out, heard());
    tell(listeners_, events_);
  }
  void fail(const core::Failure& failure, std::string& out) override { relay_->fail(failure, out); }
  const Observed& observed() const override { return relay_->observed(); }

 private:
  // Where the relay puts what it decoded; none if nobody listens, so that it need not decode.
  core::Events* heard() {
    events_.clear();
    return listeners_.empty() ? nullptr : &events_;
  }

  std::unique_ptr<wire::openai::Relay> relay_;
  std::span<AnswerListener* const> listeners_;
  core::Events events_;
};

class TranslatedLane final : public Lane {
 public:
  TranslatedLane(const core::ChatRequest& request, const providers::Provider& provider,
                 const wire::ReplyContext& context, core::Time asked, core::ThinkTags think_tags)
      : decoder_(provider.stream_decoder(request)),
        splitter_(think_tags),
        encoder_(wire::make_stream_encoder(context)),
        durations_(core::is_ollama(context.surface)),
        logprobs_(request.logprobs.value_or(false)),
        asked_(asked) {
    if (context.begun) prime();
  }

  void listen(std::span<AnswerListener* const> listeners) override { listeners_ = listeners; }

  void feed(std::string_view bytes, std::string& out) override {
    if (ended_) return;
    events_.clear();
    decoder_->feed(bytes, events_);
    splitter_.split(events_);
    pass_on(out);
    if (decoder_->complete()) finish(out);
  }

  void end(std::string& out) override {
    if (ended_) return;
    events_.clear();
    decoder_->end(events_);
    splitter_.split(events_);
    pass_on(out);
    finish(out);
  }

  void fail(const core::Failure& failure, std::string& out) override {
    if (ended_) return;
    core::Event event;
    event.kind = core::Event::Kind::failure;
    event.failure = failure;
    observe(event, observed_);
    encoder_->encode(event, out);
    ended_ = true;
  }

  const Observed& observed() const override { return observed_; }

 private:
  void pass_on(std::string& out) {
    for (auto& event : events_) {
      if (ended_) return;
      if (durations_) measure(event);
      observe(event, observed_);
      for (auto* listener : listeners_) listener->hear(event);
      // The gateway may have asked for logprobs on its own account; the client gets what it asked for.
      if (event.kind == core::Event::Kind::logprobs && !logprobs_) continue;
      encoder_->encode(event, out);
      ended_ = event.kind == core::Event::Kind::failure;
    }
  }

  // Brings the encoder to where the client is: in the middle of a text.
  void prime() {
    core::Event event;
    event.kind = core::Event::Kind::text;
    event.text = "…";
    std::string had_already;
    encoder_->encode(event, had_already);
  }

  void measure(core::Event& event) {
    const auto now = std::chrono::steady_clock::now();
    if (!observed_.content) first_piece_ = now;
    const bool unknown = event.kind == core::Event::Kind::usage && event.timings.total.count() == 0;
    if (unknown) event.timings = wire::ollama::measured(asked_, first_piece_, now);
  }

  void finish(std::string& out) {
    if (ended_) return;
    observed_.complete = true;
    encoder_->finish(out);
    ended_ = true;
  }

  std::unique_ptr<wire::StreamDecoder> decoder_;
  wire::ThinkSplitter splitter_;
  std::unique_ptr<wire::StreamEncoder> encoder_;
  std::span<AnswerListener* const> listeners_;
  core::Events events_;
  Observed observed_;
  bool durations_;
  bool logprobs_;
  core::Time asked_;
  core::Time first_piece_{};
  bool ended_ = false;
};

}  // namespace

void observe(const core::Event& event, Observed& observed) {
  using Kind = core::Event::Kind;
  ++observed.events;
  switch (event.kind) {
    case Kind::start:
      observed.model = event.text;
      break;
    case Kind::text:
    case Kind::reasoning:
    case Kind::refusal:
      observed.content |= !event.text.empty();
      break;
    case Kind::tool_call:
      observed.content = true;
      break;
    case Kind::finish:
      observed.finish = event.finish;
      break;
    case Kind::usage:
      observed.usage = event.usage;
      observed.timings = event.timings;
      break;
    case Kind::failure:
      observed.failure = event.failure;
      break;
    case Kind::logprobs:
      break;
  }
}

std::unique_ptr<Lane> make_verbatim_lane(const wire::ReplyContext& context) {
  return std::make_unique<VerbatimLane>(core::is_ollama(context.surface) ? wire::ollama::make_relay(context)
                                                                         : wire::openai::make_relay(context));
}

std::string_view relay_whole(const wire::ReplyContext& context, std::string_view body, std::string& storage,
                             Observed& observed, std::span<AnswerListener* const> listeners) {
  wire::openai::Decoded decoded;
  const auto answer = core::is_ollama(context.surface)
                          ? wire::ollama::relay_whole(context, body, storage, observed, &decoded)
                          : wire::openai::relay_whole(context, body, storage, observed, &decoded);
  tell(listeners, decoded.events);
  return answer;
}

void tell(std::span<AnswerListener* const> listeners, const core::Events& events) {
  for (auto* listener : listeners) {
    for (const auto& event : events) listener->hear(event);
  }
}

std::unique_ptr<Lane> make_translated_lane(const core::ChatRequest& request,
                                           const providers::Provider& provider,
                                           const wire::ReplyContext& context, core::Time asked,
                                           core::ThinkTags think_tags) {
  return std::make_unique<TranslatedLane>(request, provider, context, asked, think_tags);
}

}  // namespace codecrucible::gateway

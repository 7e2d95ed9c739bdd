#include "wire/ollama/relay.hpp"

#include "core/result.hpp"
#include "wire/ndjson.hpp"
#include "wire/ollama/client.hpp"
#include "wire/ollama/line_encoder.hpp"
#include "wire/ollama/reply_reader.hpp"

namespace codecrucible::wire::ollama {
namespace {

using Kind = core::Event::Kind;

void observe(const core::Event& event, openai::Observed& seen) {
  switch (event.kind) {
    case Kind::start:
      seen.model = event.text;
      return;
    case Kind::text:
    case Kind::reasoning:
    case Kind::refusal:
    case Kind::tool_call:
      seen.content = true;
      return;
    case Kind::logprobs:
      return;
    case Kind::finish:
      seen.finish = event.finish;
      seen.complete = true;
      return;
    case Kind::usage:
      seen.usage = event.usage;
      seen.timings = event.timings;
      return;
    case Kind::failure:
      seen.failure = event.failure;
      return;
  }
}

class LineRelay final : public openai::Relay {
 public:
  explicit LineRelay(const ReplyContext& context)
      : chat_(context.surface != core::Surface::ollama_generate), encoder_(context) {}

  void feed(std::string_view bytes, std::string& out, core::Events* events) override {
    memory_.release();
    lines_.feed(bytes);
    std::string_view line;
    while (!reader_.complete() && lines_.next(line)) {
      scratch_.clear();
      reader_.read(line, &memory_, scratch_);
      pass(line, out, events);
    }
    if (reader_.complete()) return;
    if (lines_.overflown()) {
      scratch_.clear();
      reader_.fail(core::fail(core::Cause::garbage, "Ollama sent a line that is longer than the limit"),
                   scratch_);
      pass({}, out, events);
    }
  }

  void end(std::string& out, core::Events* events) override {
    if (reader_.complete()) return;
    memory_.release();
    lines_.end();
    std::string_view line;
    lines_.next(line);
    scratch_.clear();
    reader_.end(line, &memory_, scratch_);
    pass(line, out, events);
  }

  void fail(const core::Failure& failure, std::string& out) override {
    if (reader_.complete()) return;
    scratch_.clear();
    reader_.fail(failure, scratch_);
    pass({}, out, nullptr);
  }

  void keep_alive(std::string& out) override {
    if (!reader_.complete()) encoder_.keep_alive(out);
  }

  const openai::Observed& observed() const override { return seen_; }

 private:
  void pass(std::string_view line, std::string& out, core::Events* events) {
    for (const auto& event : scratch_) observe(event, seen_);
    ++seen_.events;
    if (reader_.sound() && reader_.chat() == chat_) {
      out.append(line) += '\n';
      if (!scratch_.empty()) encoder_.count_piece();
    } else {
      ++seen_.repaired;
      for (const auto& event : scratch_) encoder_.encode(event, out);
      encoder_.flush_call(out);
      if (seen_.complete) encoder_.finish(out);
    }
    if (events != nullptr) events->insert(events->end(), scratch_.begin(), scratch_.end());
  }

  bool chat_;
  NdjsonReader lines_;
  ReplyReader reader_;
  LineEncoder encoder_;
  openai::Observed seen_;
  core::Events scratch_;
  char first_[512];
  std::pmr::monotonic_buffer_resource memory_{first_, sizeof first_};
};

}  // namespace

std::unique_ptr<openai::Relay> make_relay(const ReplyContext& context) {
  return std::make_unique<LineRelay>(context);
}

std::string_view relay_whole(const ReplyContext& context, std::string_view body, std::string& storage,
                             openai::Observed& observed, openai::Decoded* decoded) {
  openai::Decoded own;
  auto& [arena, events] = decoded != nullptr ? *decoded : own;
  ReplyReader reader;
  reader.read(body, arena.resource(), events);
  const bool sound = reader.sound() && reader.complete();
  reader.end({}, arena.resource(), events);
  for (const auto& event : events) observe(event, observed);
  observed.events = 1;
  if (sound && reader.chat() == (context.surface != core::Surface::ollama_generate)) return body;
  observed.repaired = 1;
  const auto encoder = ollama::make_whole_encoder(context);
  for (const auto& event : events) encoder->gather(event);
  storage.clear();
  encoder->write(storage);
  return storage;
}

}  // namespace codecrucible::wire::ollama

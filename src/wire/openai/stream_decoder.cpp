#include "core/result.hpp"
#include "wire/openai/backend.hpp"
#include "wire/openai/backend_error.hpp"
#include "wire/openai/mould.hpp"
#include "wire/openai/reply_reader.hpp"
#include "wire/sse.hpp"

#include <array>

namespace codecrucible::wire::openai {
namespace {

class Decoder final : public StreamDecoder {
 public:
  explicit Decoder(bool completion) : reply_(ReplyRules{.completion = completion, .include_usage = true}) {}

  void feed(std::string_view bytes, core::Events& out) override {
    if (complete_) return;
    memory_.clear();
    reader_.feed(bytes);
    read(out);
    if (reader_.overflown()) {
      fail(core::fail(core::Cause::garbage, "The backend sent an event longer than " +
                                                std::to_string(reader_.limit() >> 20) + " MiB."),
           out);
    }
  }

  void end(core::Events& out) override {
    if (complete_) return;
    memory_.clear();
    reader_.end();
    read(out);
    if (!complete_) conclude(false, out);
  }

  bool complete() const override { return complete_; }

 private:
  void read(core::Events& out) {
    SseEvent event;
    while (!complete_ && reader_.next(event)) take(event, out);
  }

  void take(const SseEvent& event, core::Events& out) {
    JsonString text;
    for (const Mould& mould : moulds_) {
      if (!event.plain || !mould.fits(event.data, text)) continue;
      reply_.take_text(mould.choice(), mould.reasoning(), unescape(text, memory_), &out);
      return;
    }
    if (event.data.starts_with("[DONE]")) return conclude(true, out);
    if (event.name == "error") return fail(backend_failure(200, event.data), out);
    // Data of several lines is joined in a buffer that the next event may reuse.
    const std::string_view data = event.plain ? event.data : memory_.copy(event.data);
    if (!read_chunk(data, chunk_)) {
      if (event.cut) return;  // half an event: the end of the stream is judged by what came before
      return fail(core::fail(core::Cause::garbage, "The backend sent an event that is not a JSON object."),
                  out);
    }
    if (chunk_.error) return fail(backend_failure(200, data), out);
    reply_.take(chunk_, memory_, out);
    learn(event);
  }

  void learn(const SseEvent& event) {
    const JsonString* const words = event.plain ? only_words(chunk_) : nullptr;
    if (words == nullptr) return;
    const bool reasoning = words == &chunk_.choices.front().reasoning_text;
    const auto choice = static_cast<std::int32_t>(chunk_.choices.front().index.value_or(0));
    if (choice < 0 || choice >= 128) return;
    moulds_[reasoning ? 1 : 0].learn(event.data, words->raw, choice, reasoning);
  }

  void conclude(bool marked, core::Events& out) {
    complete_ = true;
    if (auto failure = reply_.conclude(marked, out)) fail(std::move(*failure), out);
  }

  void fail(core::Failure failure, core::Events& out) {
    complete_ = true;
    core::Event event;
    event.kind = core::Event::Kind::failure;
    event.failure = std::move(failure);
    out.push_back(std::move(event));
  }

  SseReader reader_;
  core::Arena memory_;
  Chunk chunk_;
  std::array<Mould, 2> moulds_;  // text, reasoning
  ReplyReader reply_;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<StreamDecoder> make_stream_decoder(bool completion) {
  return std::make_unique<Decoder>(completion);
}

void decode_whole(bool completion, std::string_view body, core::Arena& arena, core::Events& out) {
  const auto fail = [&out](core::Failure failure) {
    core::Event event;
    event.kind = core::Event::Kind::failure;
    event.failure = std::move(failure);
    out.push_back(std::move(event));
  };
  Chunk chunk;
  if (!read_chunk(body, chunk)) {
    return fail(core::fail(core::Cause::garbage, "The backend's answer is not a JSON object."));
  }
  if (chunk.error) return fail(backend_failure(200, body));
  if (chunk.choices.empty())
    return fail(core::fail(core::Cause::garbage, "The backend's answer holds no choices."));
  ReplyReader reply(ReplyRules{.completion = completion, .whole = true});
  reply.take(chunk, arena, out);
  if (auto failure = reply.conclude(true, out)) fail(std::move(*failure));
}

}  // namespace codecrucible::wire::openai

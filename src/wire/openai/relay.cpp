#include "wire/openai/relay.hpp"

#include "core/arena.hpp"
#include "core/json_text.hpp"
#include "core/result.hpp"
#include "wire/openai/backend_error.hpp"
#include "wire/openai/client.hpp"
#include "wire/openai/mend.hpp"
#include "wire/openai/mould.hpp"
#include "wire/openai/usage_text.hpp"
#include "wire/sse.hpp"

#include <array>

namespace codecrucible::wire::openai {
namespace {

ReplyRules rules_of(const ReplyContext& context, bool whole) {
  return {.completion = context.surface == core::Surface::openai_completions,
          .whole = whole,
          .include_usage = context.include_usage,
          .reasoning_field = context.reasoning_field};
}

std::string seconds(const ReplyContext& context) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(context.created.time_since_epoch()).count());
}

// Members of the head that stay the same over a reply: the backend's own, or ours where it has none.
struct Head {
  std::string id, model, created;

  Head(const ReplyReader& reply, const ReplyContext& context)
      : id(reply.id().empty() ? context.id : reply.id()),
        model(reply.model().empty() ? context.model : reply.model()),
        created(reply.created().empty() ? seconds(context) : reply.created()) {}
};

class StreamRelay final : public Relay {
 public:
  explicit StreamRelay(const ReplyContext& context) : context_(context), reply_(rules_of(context_, false)) {}

  void feed(std::string_view bytes, std::string& out, core::Events* events) override {
    if (closed_) return;
    memory_.clear();
    reader_.feed(bytes);
    read(out, events);
    if (reader_.overflown()) {
      close_with(core::fail(core::Cause::garbage, "The backend sent an event longer than " +
                                                      std::to_string(reader_.limit() >> 20) + " MiB."),
                 out, events);
    }
  }

  void end(std::string& out, core::Events* events) override {
    if (closed_) return;
    memory_.clear();
    reader_.end();
    read(out, events);
    if (!closed_) conclude(false, out, events);
  }

  void fail(const core::Failure& failure, std::string& out) override {
    if (!closed_) close_with(failure, out, nullptr);
  }

  void keep_alive(std::string& out) override {
    if (!closed_) out += ": ping\n";
  }

  const Observed& observed() const override { return observed_; }

 private:
  void read(std::string& out, core::Events* events) {
    SseEvent event;
    while (!closed_ && reader_.next(event)) take(event, out, events);
  }

  void take(const SseEvent& event, std::string& out, core::Events* events) {
    if (event.plain && take_known(event, out, events)) return;
    if (event.data.starts_with("[DONE]")) return conclude(true, out, events);
    if (event.name == "error") return close_with(backend_failure(200, event.data), out, events);
    const std::string_view data = event.plain ? event.data : one_line(event.data);
    if (!read_chunk(data, chunk_)) {
      if (event.cut) return;
      return close_with(
          core::fail(core::Cause::garbage, "The backend sent an event that is not a JSON object."), out,
          events);
    }
    if (chunk_.error) return close_with(backend_failure(200, data), out, events);
    take_chunk(event, data, out, events);
  }

  // The event lane: bytes that are known to be sound but for the words in them.
  bool take_known(const SseEvent& event, std::string& out, core::Events* events) {
    JsonString text;
    for (const Mould& mould : moulds_) {
      if (!mould.fits(event.data, text)) continue;
      if (mould.mended()) {
        out.append("data: ")
            .append(mould.mended_head())
            .append(text.raw)
            .append(mould.mended_tail())
            .append("\n\n");
        ++observed_.repaired;
      } else {
        out += event.raw;
      }
      ++observed_.events;
      observed_.content = true;
      const std::string_view words = events == nullptr ? std::string_view{} : unescape(text, memory_);
      reply_.take_text(mould.choice(), mould.reasoning(), words, events);
      return true;
    }
    return false;
  }

  void take_chunk(const SseEvent& event, std::string_view data, std::string& out, core::Events* events) {
    due_.clear();
    for (std::size_t i = 0; i < due_size(); ++i)
      due_.push_back(!reply_.role_sent(static_cast<std::int32_t>(i)));
    const bool steady = due_.empty() || !due_.front();
    pieces_.clear();
    const auto judgement = reply_.take(chunk_, memory_, pieces_);
    ++observed_.events;
    const std::size_t before = out.size();
    if (judgement == ReplyReader::Judgement::mend) {
      ++observed_.repaired;
      write_mended(data, out);
    } else if (judgement == ReplyReader::Judgement::sound) {
      if (event.plain) {
        out += event.raw;
      } else {
        out.append("data: ").append(data).append("\n\n");
      }
    } else {
      ++observed_.repaired;
    }
    observe();
    if (event.plain && steady && judgement != ReplyReader::Judgement::drop) {
      learn(event, judgement == ReplyReader::Judgement::mend, std::string_view(out).substr(before));
    }
    if (events != nullptr) events->insert(events->end(), pieces_.begin(), pieces_.end());
  }

  // One more than the highest choice in this chunk.
  std::size_t due_size() const {
    std::size_t size = chunk_.choices.size();
    for (const auto& part : chunk_.choices) {
      if (part.index && *part.index >= 0 && *part.index < 128) {
        size = std::max(size, static_cast<std::size_t>(*part.index) + 1);
      }
    }
    return size;
  }

  void write_mended(std::string_view data, std::string& out) {
    const Head head(reply_, context_);
    out += "data: ";
    mend(data, {rules_of(context_, false), head.id, head.model, head.created, &pieces_, &due_}, out);
    out += "\n\n";
  }

  void learn(const SseEvent& event, bool mended, std::string_view written) {
    const JsonString* const words = only_words(chunk_);
    if (words == nullptr || chunk_.choices.front().index.value_or(0) != 0 || reply_.finished(0)) return;
    const bool reasoning = words == &chunk_.choices.front().reasoning_text;
    Mould& mould = moulds_[reasoning ? 1 : 0];
    if (!mended) return mould.learn(event.data, words->raw, 0, reasoning);
    // In the mended event the same words stand behind the field's name.
    written = written.substr(6, written.size() - 8);
    const std::string field = reasoning ? '"' + context_.reasoning_field + "\":\"" : field_start();
    const std::size_t found = written.find(field);
    const std::size_t at = found + field.size();
    if (found == std::string_view::npos || !written.substr(at).starts_with(words->raw)) return mould.forget();
    mould.learn(event.data, words->raw, 0, reasoning, written, written.substr(at, words->raw.size()));
  }

  std::string field_start() const {
    return rules_of(context_, false).completion ? "\"text\":\"" : "\"content\":\"";
  }

  void observe() {
    observed_.content = reply_.any_content();
    observed_.finish = reply_.finish();
    if (observed_.model.empty()) observed_.model = reply_.model();
    if (reply_.finish()) {
      for (Mould& mould : moulds_) mould.forget();
    }
  }

  void conclude(bool marked, std::string& out, core::Events* events) {
    pieces_.clear();
    if (auto failure = reply_.conclude(marked, pieces_)) return close_with(std::move(*failure), out, events);
    observe();
    observed_.usage = reply_.usage();
    observed_.timings = reply_.timings();
    if (!observed_.usage.completion_tokens) {
      observed_.usage.estimated = true;
      observed_.usage.completion_tokens = reply_.pieces();
    }
    if (!observed_.usage.prompt_tokens && context_.prompt_tokens > 0) {
      observed_.usage.estimated = true;
      observed_.usage.prompt_tokens = context_.prompt_tokens;
    }
    for (const core::Event& piece : pieces_) {
      if (piece.kind == core::Event::Kind::finish) write_finish(piece, out);
    }
    if (context_.include_usage && !reply_.usage_chunk_seen()) write_usage(out);
    out += "data: [DONE]\n\n";
    observed_.complete = true;
    closed_ = true;
    if (events != nullptr) events->insert(events->end(), pieces_.begin(), pieces_.end());
  }

  void open_chunk(std::string& out) {
    const Head head(reply_, context_);
    ++observed_.repaired;
    out.append("data: {\"id\":\"").append(head.id).append("\",\"object\":");
    out += rules_of(context_, false).completion ? "\"text_completion\"" : "\"chat.completion.chunk\"";
    out.append(",\"created\":").append(head.created).append(",\"model\":");
    core::append_string(out, head.model);
    out += ",\"choices\":[";
  }

  void write_finish(const core::Event& piece, std::string& out) {
    open_chunk(out);
    out += "{\"index\":";
    core::append_number(out, piece.choice);
    out += rules_of(context_, false).completion ? ",\"text\":\"\"" : ",\"delta\":{}";
    out.append(",\"logprobs\":null,\"finish_reason\":\"").append(name(piece.finish)).append("\"}]}\n\n");
  }

  void write_usage(std::string& out) {
    open_chunk(out);
    out += "],\"usage\":";
    append_usage(observed_.usage, out);
    out += "}\n\n";
  }

  void close_with(core::Failure failure, std::string& out, core::Events* events) {
    closed_ = true;
    out.append("data: ").append(error_body(failure, {})).append("\n\n");
    observed_.usage = reply_.usage();
    observed_.timings = reply_.timings();
    observed_.failure = failure;
    if (events == nullptr) return;
    core::Event event;
    event.kind = core::Event::Kind::failure;
    event.failure = std::move(failure);
    events->push_back(std::move(event));
  }

  // Data of several lines as one: a line end in JSON is a blank.
  std::string_view one_line(std::string_view data) {
    char* const copy = memory_.bytes(data.size() + 1);
    for (std::size_t i = 0; i < data.size(); ++i) copy[i] = data[i] == '\n' ? ' ' : data[i];
    return {copy, data.size()};
  }

  const ReplyContext context_;
  SseReader reader_;
  core::Arena memory_;
  Chunk chunk_;
  core::Events pieces_;
  std::vector<bool> due_;        // choices of this chunk whose role is still to come
  std::array<Mould, 2> moulds_;  // text, reasoning; of choice 0
  ReplyReader reply_;
  Observed observed_;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<Relay> make_relay(const ReplyContext& context) {
  return std::make_unique<StreamRelay>(context);
}

std::string_view relay_whole(const ReplyContext& context, std::string_view body, std::string& storage,
                             Observed& observed, Decoded* decoded) {
  const auto fail = [&](core::Failure failure) -> std::string_view {
    storage = error_body(failure, {});
    observed.failure = std::move(failure);
    return storage;
  };
  Chunk chunk;
  if (!read_chunk(body, chunk)) {
    return fail(core::fail(core::Cause::garbage, "The backend's answer is not a JSON object."));
  }
  if (chunk.error) return fail(backend_failure(200, body));
  if (chunk.choices.empty())
    return fail(core::fail(core::Cause::garbage, "The backend's answer holds no choices."));
  const ReplyRules rules = rules_of(context, true);
  ReplyReader reply(rules);
  Decoded own;
  auto& [memory, events] = decoded != nullptr ? *decoded : own;
  auto judgement = reply.take(chunk, memory, events);
  if (!reply.all_finished()) judgement = ReplyReader::Judgement::mend;
  if (auto failure = reply.conclude(true, events)) return fail(std::move(*failure));
  observed.content = reply.any_content();
  observed.complete = true;
  observed.events = 1;
  observed.finish = reply.finish();
  observed.usage = reply.usage();
  observed.timings = reply.timings();
  observed.model = reply.model();
  if (judgement == ReplyReader::Judgement::sound) return body;
  observed.repaired = 1;
  const Head head(reply, context);
  storage.clear();
  mend(body, {rules, head.id, head.model, head.created, &events, nullptr}, storage);
  return storage;
}

}  // namespace codecrucible::wire::openai

#include "gateway/history_pages.hpp"

#include "gateway/awaited.hpp"
#include "gateway/cors.hpp"
#include "gateway/history_filter.hpp"
#include "gateway/pages.hpp"
#include "history/columns.hpp"
#include "history/export.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t most_records = 1000;
constexpr std::size_t longest_id = 128, longest_label = 100, longest_comment = 4000;

core::Failure switched_off() {
  return core::fail(core::Cause::not_found, "there is no history here: it is switched off (history.enabled)");
}

// On the writer's thread.
core::Result<std::string> list(history::Reader& reader, const history::Filter& filter) {
  std::string out = R"({"records":[)";
  std::size_t count = 0;
  std::int64_t last = 0;
  const auto done = reader.read(filter, [&](const history::Kept& kept) {
    if (count++ > 0) out += ',';
    out += history::to_json(kept);
    last = kept.number;
    return true;
  });
  if (!done) return done.error();
  const bool more = filter.limit > 0 && count == filter.limit;
  const std::string next = more ? std::to_string(last) : "null";
  out += filter.oldest_first ? R"(],"next_after":)" : R"(],"next_before":)";
  return out + next + "}";
}

core::Result<std::string> one(history::Reader& reader, const std::string& id) {
  const auto kept = reader.find(id);
  if (!kept) return kept.error();
  return history::to_json(*kept);
}

core::Failure wrong(const std::string& field, const std::string& what) {
  return core::fail(core::Cause::bad_request, field + " " + what, field);
}

// An optional text of limited length.
core::Result<std::string> text_of(const json& body, const std::string& field, std::size_t longest) {
  const auto found = body.find(field);
  if (found == body.end() || found->is_null()) return std::string();
  if (!found->is_string()) return wrong(field, "has to be a string");
  auto text = found->get<std::string>();
  if (text.size() > longest) return wrong(field, "is longer than " + std::to_string(longest) + " bytes");
  return text;
}

core::Result<double> thumbs_of(const json& value) {
  if (value == "up" || value == true || value == 1) return 1.0;
  if (value == "down" || value == false || value == -1 || value == 0) return 0.0;
  return wrong("thumbs", R"(is "up" or "down")");
}

}  // namespace

net::task<core::Result<std::string>> history_page(net::Exchange& exchange, WorkerDesk& desk,
                                                  const std::string& verb) {
  if (exchange.method() != "GET") {
    co_return core::fail(core::Cause::not_found,
                         "the history is read with GET; feedback goes to POST /v1/feedback");
  }
  const auto snapshot = desk.snapshot.current();
  if (!snapshot->settings.history.enabled) co_return switched_off();
  const std::string id = verb.size() > 8 ? verb.substr(8) : std::string();
  const auto filter =
      history_filter(parameters_of(exchange.query()), std::chrono::system_clock::now(), most_records);
  if (!filter) co_return filter.error();
  const auto awaited = std::make_shared<Awaited<core::Result<std::string>>>(desk.worker);
  desk.history.ledger().ask([awaited, id, wanted = *filter](core::Result<history::Reader*> reader) {
    using Answer = Awaited<core::Result<std::string>>;
    if (reader) {
      Answer::give(awaited, id.empty() ? list(**reader, wanted) : one(**reader, id));
    } else if (reader.error().cause == core::Cause::not_found && id.empty()) {
      Answer::give(awaited, std::string(R"({"records":[],"next_before":null})"));
    } else {
      Answer::give(awaited, reader.error());
    }
  });
  while (!awaited->value) co_await awaited->timer.async_wait(net::nothrow);
  co_return std::move(*awaited->value);
}

core::Result<history::Feedback> feedback_of(std::string_view text) {
  const auto body = json::parse(text, nullptr, false);
  if (!body.is_object()) {
    return core::fail(
        core::Cause::bad_request,
        R"(send {"request_id": "req_…", "score": 0..1} or {"request_id": "req_…", "thumbs": "up"})");
  }
  history::Feedback feedback;
  auto id = text_of(body, "request_id", longest_id);
  if (!id) return id.error();
  if (id->empty() || *id == "last") {
    return wrong("request_id", "is missing: it is the x-request-id of the reply that is meant");
  }
  feedback.id = std::move(*id);
  const auto score = body.find("score");
  const auto thumbs = body.find("thumbs");
  if ((score == body.end()) == (thumbs == body.end())) {
    return wrong("score", R"(from 0 (bad) to 1 (good), or thumbs ("up", "down"): one of the two is needed)");
  }
  if (score != body.end()) {
    if (!score->is_number()) return wrong("score", "has to be a number from 0 (bad) to 1 (good)");
    feedback.value = score->get<double>();
    if (!(feedback.value >= 0 && feedback.value <= 1))
      return wrong("score", "has to be from 0 (bad) to 1 (good)");
  } else {
    feedback.kind = history::SignalKind::thumbs;
    const auto value = thumbs_of(*thumbs);
    if (!value) return value.error();
    feedback.value = *value;
  }
  auto label = text_of(body, "label", longest_label);
  if (!label) return label.error();
  auto comment = text_of(body, "comment", longest_comment);
  if (!comment) return comment.error();
  feedback.label = std::move(*label);
  feedback.comment = std::move(*comment);
  return feedback;
}

net::task<> serve_feedback(net::Exchange& exchange, WorkerDesk& desk) {
  const auto snapshot = desk.snapshot.current();
  auto feedback = feedback_of(exchange.body());
  if (feedback && !snapshot->settings.history.enabled) feedback = switched_off();
  if (!feedback) {
    co_await refuse(exchange, desk.random, core::Surface::openai_chat, feedback.error());
    co_return;
  }
  const auto awaited = std::make_shared<Awaited<core::Result<std::int64_t>>>(desk.worker);
  const json said = {{"object", "feedback"},
                     {"request_id", feedback->id},
                     {"kind", history::name(feedback->kind)},
                     {"value", feedback->value}};
  desk.history.ledger().feedback(std::move(*feedback), [awaited](core::Result<std::int64_t> done) {
    Awaited<core::Result<std::int64_t>>::give(awaited, std::move(done));
  });
  while (!awaited->value) co_await awaited->timer.async_wait(net::nothrow);
  if (!*awaited->value) {
    const auto failure = awaited->value->error();
    co_await refuse(exchange, desk.random, core::Surface::openai_chat, failure);
    co_return;
  }
  net::ReplyHead head;
  const std::string lines = cors_headers(exchange, snapshot->settings.security.cors_origins);
  head.extra = lines;
  const std::string body = said.dump(-1, ' ', false, json::error_handler_t::replace);
  co_await exchange.reply(head, body);
}

}  // namespace codecrucible::gateway

#pragma once

#include "cache/answer.hpp"
#include "classifier/verdict.hpp"
#include "core/chat.hpp"
#include "core/fleet_view.hpp"
#include "core/result.hpp"
#include "gateway/delivery.hpp"
#include "gateway/escalation.hpp"
#include "gateway/lane.hpp"
#include "gateway/recollection.hpp"
#include "gateway/snapshot.hpp"
#include "gateway/worker_desk.hpp"
#include "net/exchange.hpp"
#include "router/decision.hpp"
#include "router/facts.hpp"
#include "router/router.hpp"
#include "telemetry/trace.hpp"
#include "wire/openai/source_map.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// One try at one model.
struct AttemptRecord {
  std::size_t model = 0;   // index into ChatJob::fleet->models
  std::uint64_t span = 0;  // in the request's trace
  core::Time began{}, first_content{}, ended{};
  bool doubted = false;  // held back, and not good enough: the client does not see it (unless it is kept)
  std::optional<core::Failure> failure;
  Observed observed;
};

// Everything about one chat or completion request, from its bytes to its record. Lives in the coroutine that
// serves it.
struct ChatJob {
  ChatJob(net::Exchange& exchange_in, WorkerDesk& desk_in, core::Surface surface);
  ChatJob(const ChatJob&) = delete;
  ChatJob& operator=(const ChatJob&) = delete;

  // Decodes; a failure is for the client.
  core::Result<void> read();
  // Classifies and decides.
  core::Result<void> choose();

  // Ranks the candidates for what is known of the request; again, if more has become known of it.
  core::Result<void> decide();

  // Tells the client `failure`, before anything else was sent.
  net::task<> refuse();

  // The position in decision.ranked as a model of the fleet's picture.
  const core::ModelView& model_at(std::size_t position) const {
    return fleet->models[decision.ranked[position].model];
  }

  net::Exchange& exchange;
  WorkerDesk& desk;
  SnapshotPtr snapshot;
  core::FleetViewPtr fleet;

  core::Arena arena;
  core::ChatRequest request{arena};
  wire::openai::SourceMap source;
  bool has_source = false;  // the client speaks OpenAI: the body may be forwarded as it came

  std::optional<router::Resolved> asked;  // what the model's name means; empty = not looked up yet
  classifier::Verdict verdict;
  bool classified = false;
  router::Facts facts;
  router::Decision decision;
  std::uint64_t policy_version = 0;  // of what was learned; 0 = the rules alone
  std::string_view variant;          // "current" or "candidate" while a policy is being released; static
  std::optional<Conversations::Place> previous;
  std::unique_ptr<Recollection> recollection;  // the client speaks Responses

  telemetry::TraceContext trace;   // of this request; of the client's caller where it is not traced here
  std::uint64_t trace_parent = 0;  // the client's own span; 0 = it named none
  bool traced = false;             // spans go to the collector

  Guest guest;
  std::string id;  // "req_…", also the client's own if sane
  wire::ReplyContext context;
  std::optional<Delivery> delivery;        // made when the request is understood
  std::vector<AnswerListener*> listeners;  // hear the answer of each attempt; outlive the job's attempts
  std::vector<AttemptRecord> attempts;
  std::size_t served_by = 0;  // position in decision.ranked of the last attempt
  bool escalated = false;     // the client sees another answer than the first one
  Escalation escalation;
  std::optional<core::Failure> failure;  // what the client was told
  std::string tenant;                    // whose request it is, for the cache
  std::string cache_word = "bypass";     // what the cache did: hit, miss, joined …
  std::optional<cache::Origin> retold;   // who answered, if the answer is from memory or shared
  core::Usage retold_usage;
  core::Duration queued{};
  core::Duration waited{};  // on backends and queue: not the gateway's own time

 private:
  core::Result<void> decode(std::string_view body);
  void forget();  // what was decoded
  core::Result<void> decode_messages(std::string_view body);
  core::Result<void> decode_response(std::string_view body);
  bool needs_classification();
  void classify();
};

// What the client's headers and the clock add to the facts of a request; the same for serving and for
// explaining.
void add_circumstances(const net::Exchange& exchange, std::chrono::system_clock::time_point now,
                       router::Facts& facts);

// The id; each dialect's clients look for it under a name of their own.
std::string id_lines(const ChatJob& job);
// Header lines of the decision: x-codecrucible-provider, -model, -rule …; the same for all who get the
// answer.
void append_decision(std::string& lines, const ChatJob& job, std::size_t position);
// What concerns this reply alone: cache, attempts, CORS. `attempts`: backends asked so far, with this one.
void append_closing(std::string& lines, const ChatJob& job, std::size_t attempts);
// All these.
std::string explaining_headers(const ChatJob& job, std::size_t position, std::size_t attempts);

}  // namespace codecrucible::gateway

#pragma once

#include "core/clock.hpp"
#include "core/event.hpp"
#include "core/failure.hpp"
#include "core/task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::history {

// What the gateway remembers of one request: a plain value, filled at the request's end, kept in the ledger,
// read by learning, replay and whoever asks. It holds no text of prompts and answers unless `storeContent`
// says so, never a key, and instead of names of people only keyed hashes (pseudonym.hpp).

using Wall = std::chrono::system_clock::time_point;

// The request as routing saw it: enough to decide again (router::Facts without headers).
struct Features {
  bool classified = false;  // false: a model was named, nobody classified; task to signals say nothing
  core::TaskType task = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  float score = 0;                  // complexity score, 0..10 and beyond
  float confidence = 0;             // of the classification, 0..1
  std::string keywords;             // joined by ','
  std::string language;             // of the code, as the first fence names it
  std::string model_asked;          // as the client wrote it
  std::string prefer;               // "balanced", "fast", "quality"
  std::uint32_t prompt_tokens = 0;  // estimated over the whole conversation
  std::uint32_t prompt_length = 0;  // bytes of text
  std::uint32_t context_files = 0;
  std::uint32_t messages = 0;
  std::optional<std::int64_t> max_tokens;
  std::uint8_t hour = 0;     // 0..23, local time
  std::uint8_t weekday = 1;  // 1 = Monday
  bool tools = false, vision = false, completion = false, insert = false, structured = false;
  bool thinking = false, logprobs = false, stream = false;
  bool needs_code = false, needs_structured = false;  // as classified
  bool local_only = false, may_explore = true;
  bool tool_loop = false, running = false;  // answers a tool call; not the first turn
  bool stayed = false;                      // went where the conversation was
};

// A model that could have served, as the decision valued it. The first one was chosen.
struct Candidate {
  std::string host, model;  // FleetView's spelling
  float utility = 0;
  float quality = 0;        // expected, 0..1
  float seconds = 0;        // expected until the end of the answer
  float seconds_first = 0;  // expected until the first token
};

// One try at one backend. Times count from the request's arrival.
struct Attempt {
  std::string host, model;
  core::Duration began{};
  core::Duration first{};  // first token; zero = none came
  core::Duration ended{};
  core::Duration load{};  // as the backend says; zero = it did not
  std::optional<core::Cause> failure;
  std::int64_t prompt_tokens = -1, completion_tokens = -1;  // -1 = not told
  float confidence = -1;                                    // of the answer; negative = not judged
  bool held = false;                                        // the beginning was held back for judging
  std::string verdict;  // of the judge: "commit", "escalate: refusal"; empty = not judged
};

// Where the answer came from.
enum class Source : std::uint8_t { backend, exact_cache, semantic_cache, shared };

// What makes two requests of one conversation comparable (signals.hpp). Hashes, no text.
struct Turn {
  std::uint64_t all = 0;     // everything that was said; 0 = unknown
  std::uint64_t before = 0;  // everything before the user's last message
  std::uint64_t last = 0;    // the user's last message
  std::uint64_t client = 0;  // who asks, hashed
  std::uint32_t messages = 0;
  std::uint32_t user_position = 0;  // of the user's last message
  bool complains = false;           // that message says that the last answer is wrong
  bool tool_failed = false;         // the last tool results report an error
};

struct Record {
  std::string id;          // x-request-id: may come from the client, so it need not be unique
  Wall at{};               // arrival
  std::string surface;     // "openai-chat", …
  std::uint64_t user = 0;  // keyed hash of the request's `user`, or of the client's address without one
  std::uint64_t conversation = 0;  // keyed hash; 0 = unknown

  Features features;

  // The decision.
  std::string rule, tier;  // empty = none
  std::string reason;      // one sentence
  double rule_confidence = 0;
  double escalation_threshold = 0;
  double propensity = 1;  // probability with which the first candidate was chosen
  bool explored = false;
  bool concrete = false;          // the client named the model
  bool simulated = false;         // the built-in simulators answered: nothing is to be learned from it
  std::vector<Candidate> ranked;  // best first, at most `most_candidates`
  std::uint64_t config_version = 0;
  std::uint64_t policy_version = 0;  // of what was learned; 0 = nothing learned was in force
  std::string variant;               // arm of a release: "canary", "a", "b"; empty = none under way

  // What happened.
  std::vector<Attempt> attempts;  // in their order; the last one is who answered or failed last
  Source source = Source::backend;
  bool escalated = false;
  std::optional<core::Cause> failure;  // what the client was told; empty = it has its answer
  int status = 200;                    // HTTP
  std::optional<core::FinishReason> finish;
  std::uint32_t events =
      0;                    // pieces that went to the client; with failure client_gone: it left after so many
  bool tool_calls = false;  // the answer asked for tools
  std::int64_t prompt_tokens = -1, completion_tokens = -1, cached_tokens = -1, reasoning_tokens = -1;
  double confidence = -1;  // of the answer that the client has; negative = not judged

  // Times, from arrival.
  core::Duration duration{};
  core::Duration first_token{};  // zero = none
  core::Duration queued{};       // waiting for a slot
  core::Duration overhead{};     // the gateway's own
  core::Duration backends{};     // sum over all attempts: the cost in time

  Turn turn;

  // storeContent. Hashes are keyed; texts may be cut (`content_cut`).
  std::string prompt_hash, answer_hash;
  std::string prompt, answer;
  bool content_cut = false;

  // Makes it new again; strings and vectors keep their memory.
  void clear();
};

inline constexpr std::size_t most_candidates = 8;

// A word about how good an answer was: said by a person or read from what happened next.
enum class SignalKind : std::uint8_t {
  score,         // a person: 0..1
  thumbs,        // a person: up 1, down 0
  regenerate,    // the same messages came again
  edit,          // the last message came again with other words
  complaint,     // the next message says that the answer is wrong
  tool_failure,  // the tools that the answer asked for failed
  escalation,    // the answer was judged not good enough, a stronger model took over
  abandoned,     // the client left in the middle of the answer
};
inline constexpr std::size_t signal_kinds = 8;

struct Signal {
  SignalKind kind = SignalKind::score;
  double value = 0;   // 0 bad … 1 good
  double weight = 1;  // how much it counts beside others
  Wall at{};
  std::string label, comment;  // of a person
  std::string model;           // whom it is about
};

// Weighted mean of what was said about `model`; without a model, about the answer that the client has. None
// if nobody said anything.
std::optional<double> reward(const std::vector<Signal>& signals, std::string_view model = {});

}  // namespace codecrucible::history

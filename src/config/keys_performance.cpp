#include "config/sections.hpp"

namespace codecrucible::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Type lifetime() {
  return duration(milliseconds{0}, hours{24 * 365});
}

Shape cache() {
  Rows<cache::Settings> rows;
  Rows<cache::ExactSettings> exact;
  using E = cache::ExactSettings;
  exact.add("enabled", boolean(), &E::enabled, "Answer the very same request from memory.");
  exact.add("size", bytes(0, tib), &E::bytes, "Memory for it.");
  exact.add("ttl", lifetime(), &E::ttl, "How long an answer is good.");
  exact.add(
      "onlyDeterministic", boolean(), &E::only_deterministic,
      "Only requests with temperature 0 or a seed, or with x-codecrucible-cache: yes; false: every request.");
  exact.add("maxTemperature", number(0, 2), &E::max_temperature,
            "With onlyDeterministic: requests up to this temperature count as deterministic.");
  exact.add("singleFlight", boolean(), &E::single_flight, "Same requests under way share one generation.");
  exact.add(
      "spill", text(), &E::spill,
      "SQLite file that keeps the answers over a restart; empty: memory only. Takes effect at a start.");
  rows.section("exact", std::move(exact).shape(), &cache::Settings::exact, "The very same request.");
  Rows<cache::SemanticSettings> semantic;
  using S = cache::SemanticSettings;
  semantic.add("enabled", boolean(), &S::enabled, "Answer a request that means the same from memory.");
  semantic.add("size", bytes(0, tib), &S::bytes, "Memory for it.");
  semantic.add("ttl", lifetime(), &S::ttl, "How long an answer is good.");
  semantic.add("similarity", number(0, 1), &S::similarity,
               "How near two requests have to be, where no errorBound is set.");
  semantic.add("errorBound", number(0, 0.5), &S::error_bound,
               "Wrong hits over all requests that are allowed; learned from sampled ones. 0: similarity and "
               "a strict guard decide.");
  semantic.add("sample", number(0, 1), &S::sample,
               "With errorBound: share of possible hits that are generated all the same, to be compared.");
  semantic.add("rules", list_of(nonempty()), &S::rules,
               "Only for requests that these routing rules decide; empty: all.");
  semantic.add(
      "model", text(), &S::model,
      "Embedding model of a backend, in memory there, that tells meanings; empty: built-in vectors.");
  semantic.add("modelTimeout", duration(milliseconds{1}, std::chrono::minutes{1}), &S::model_timeout,
               "Longest wait for it; after that the request is served without a look.");
  rows.section("semantic", std::move(semantic).shape(), &cache::Settings::semantic, "The same meaning.");
  Rows<cache::TurnSettings> turns;
  using T = cache::TurnSettings;
  turns.add("size", bytes(0, tib), &T::bytes, "Memory for them; 0: none is kept.");
  turns.add("entries", integer(0, 10'000'000), &T::count, "How many at most; the oldest go first.");
  turns.add("ttl", lifetime(), &T::ttl, "How long one can be gone on from.");
  rows.section("responses", std::move(turns).shape(), &cache::Settings::turns,
               "Answers of /v1/responses, for previous_response_id.");
  return std::move(rows).shape();
}

Shape signals() {
  Rows<history::SignalSettings> rows;
  using S = history::SignalSettings;
  rows.add("regenerate", number(0, 10), &S::regenerate, "The same messages came again.");
  rows.add("edit", number(0, 10), &S::edit, "The last message came again with other words.");
  rows.add("complaint", number(0, 10), &S::complaint, "The next message says that the answer is wrong.");
  rows.add("toolFailure", number(0, 10), &S::tool_failure, "The tools that the answer asked for failed.");
  rows.add("escalation", number(0, 10), &S::escalation, "A stronger model had to take over.");
  rows.add("abandoned", number(0, 10), &S::abandoned, "The client left in the middle of the answer.");
  rows.add("within", duration(milliseconds{1000}, hours{24}), &S::within,
           "What comes later says nothing about the answer.");
  rows.add("pause", duration(milliseconds{0}, minutes{10}), &S::pause,
           "What comes sooner after an answer was sent by a program, not a person.");
  return std::move(rows).shape();
}

Shape history() {
  Rows<history::Settings> rows;
  using H = history::Settings;
  rows.add("enabled", boolean(), &H::enabled, "Keep a record of each request: decision, times, outcome.");
  rows.add("file", text(), &H::file, "SQLite database; empty: history.db in the state directory.");
  rows.add("storeContent", choice({"none", "hash", "full"}), &H::store_content,
           "What of prompts and answers is kept. Keys and personal headers never are.");
  rows.add("maxContent", bytes(256, 16 * mib), &H::max_content,
           "Of a prompt and of an answer no more is kept.");
  rows.add("retention", lifetime(), &H::retention, "Older records are removed.");
  rows.add("maxSize", bytes(mib, tib), &H::max_bytes, "Beyond it the oldest go.");
  rows.add("queue", integer(16, 10'000'000), &H::queue,
           "Records waiting to be written; more are dropped and counted.");
  rows.add("flush", duration(milliseconds{1}, minutes{10}), &H::flush, "Longest time a record waits.");
  rows.section(
      "signals", signals(), &H::signals,
      "Weights of what follow-ups say about an answer; a person's own word has 1, 0 switches one off.");
  return std::move(rows).shape();
}

Shape criteria() {
  Rows<learning::Criteria> rows;
  using C = learning::Criteria;
  rows.add("quality", number(0, 1), &C::quality, "It may be this much lower.");
  rows.add("p95Ratio", number(0.1, 100), &C::p95_ratio, "The slowest 5 % may take this many times as long.");
  rows.add("failures", number(0, 1), &C::failures, "This share of requests more may fail.");
  return std::move(rows).shape();
}

Shape shadow() {
  Rows<learning::ShadowSettings> rows;
  using S = learning::ShadowSettings;
  rows.add("percentage", number(0, 100), &S::percentage,
           "Copies sent, of the requests for which the two policies choose differently.");
  rows.add("atOnce", integer(1, 1000), &S::at_once, "Copies under way at once per worker.");
  rows.add("tokens", integer(1, 1'000'000), &S::tokens, "Longest answer of a copy.");
  return std::move(rows).shape();
}

Shape retrain() {
  Rows<learning::RetrainSettings> rows;
  using R = learning::RetrainSettings;
  rows.add("every", duration(milliseconds{0}, hours{24 * 365}), &R::every,
           "How often; 0: only by `codecrucible classifier train`.");
  rows.add("leastNew", integer(0, 1'000'000), &R::least_new, "New labels without which a round is left out.");
  rows.add(
      "activate", boolean(), &R::activate,
      "A model that is surely better on held-back prompts comes into use by itself; else it is offered.");
  rows.add("data", list_of(nonempty()), &R::data,
           "Files and folders of labelled prompts (JSONL) that every model is trained with.");
  return std::move(rows).shape();
}

Shape learning() {
  Rows<learning::Settings> rows;
  using L = learning::Settings;
  rows.add("enabled", boolean(), &L::enabled, "Let decisions learn from outcomes.");
  rows.add("algorithm", choice({"thompson", "linucb"}), &L::algorithm,
           "How others than the best are tried: each as often as it may be the best, or by hope.");
  rows.add("forgetting", number(0.5, 1), &L::forgetting, "Weight of an observation after one newer one.");
  rows.add(
      "thresholdReach", number(0, 1), &L::threshold_reach,
      "Escalation thresholds learned per kind of task lie this near to routing.escalationThreshold; 0: none "
      "are learned.");
  rows.add("ruleConfidence", boolean(), &L::rule_confidence,
           "What comes of a rule's choices moves the confidence that it states.");
  rows.add("snapshot", duration(milliseconds{100}, hours{24}), &L::snapshot,
           "How often what was learned takes effect.");
  rows.add("initialPercentage", number(0, 100), &L::initial_percentage,
           "Traffic that a new policy starts with.");
  rows.add("incrementPercentage", number(0, 100), &L::increment_percentage, "What it gains with each step.");
  rows.add("incrementInterval", duration(milliseconds{1000}, hours{24 * 30}), &L::increment_interval,
           "Time between steps.");
  rows.add("minimumSamples", integer(1, 1'000'000), &L::minimum_samples,
           "Requests seen before a step is judged.");
  rows.add("strategy", choice({"immediate", "gradual", "canary", "ab", "shadow"}), &L::strategy,
           "How what was learned comes into use.");
  rows.add("split", number(0, 100), &L::split, "ab: percentage of the new one.");
  rows.section("success", criteria(), &L::success, "canary: within these limits its share grows.");
  rows.section("rollback", criteria(), &L::rollback,
               "gradual, canary: surely beyond one of these it is taken back.");
  rows.section("shadow", shadow(), &L::shadow, "shadow: what is sent a second time.");
  rows.section("retrain", retrain(), &L::retrain,
               "Training the classifier with labelled prompts of the history (storeContent: full).");
  return std::move(rows).shape();
}

}  // namespace

void add_performance_sections(Rows<Draft>& rows) {
  Rows<Draft> performance;
  performance.section(
      "cache", cache(), [](Draft& d) -> auto& { return d.settings.cache; }, "Answers kept in memory.");
  Rows<Draft> monitoring;
  monitoring.add(
      "metrics", boolean(), [](Draft& d) -> auto& { return d.settings.monitoring.metrics; },
      "Serve /metrics for Prometheus.");
  monitoring.add(
      "maxModels", integer(1, 10'000), [](Draft& d) -> auto& { return d.settings.monitoring.max_models; },
      "Pairs of provider and model counted apart; further ones are \"other\".");
  monitoring.add(
      "slowRequest", duration(milliseconds{0}, hours{24}),
      [](Draft& d) -> auto& { return d.settings.monitoring.slow_request; },
      "Log requests that took longer as warnings; 0: never.");
  monitoring.add(
      "probeInterval", duration(milliseconds{100}, hours{1}),
      [](Draft& d) -> auto& { return d.settings.fleet.probe.interval; },
      "How often servers are asked for their state.");
  monitoring.add(
      "maxProbeInterval", duration(milliseconds{100}, hours{24}),
      [](Draft& d) -> auto& { return d.settings.fleet.probe.max_interval; },
      "How rarely a server is asked that does not answer.");
  monitoring.add(
      "probeFailures", integer(1, 100), [](Draft& d) -> auto& { return d.settings.fleet.probe.failures; },
      "Unanswered questions after which a server counts as gone.");
  performance.section(
      "monitoring", std::move(monitoring).shape(), [](Draft& d) -> auto& { return d; }, "What is measured.");
  const auto whole = [](Draft& d) -> auto& { return d; };
  rows.section("performance", std::move(performance).shape(), whole, "Caching and monitoring.");
  rows.section(
      "history", history(), [](Draft& d) -> auto& { return d.settings.history; }, "Records of requests.");
  rows.section(
      "learning", learning(), [](Draft& d) -> auto& { return d.settings.learning; },
      "Learning from history.");
}

}  // namespace codecrucible::config

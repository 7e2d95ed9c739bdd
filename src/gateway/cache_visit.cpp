#include "gateway/cache_visit.hpp"

#include "confidence/agreement.hpp"
#include "fleet/names.hpp"
#include "gateway/cache_scope.hpp"
#include "gateway/meaning_call.hpp"
#include "gateway/retelling.hpp"

#include <algorithm>
#include <cstdio>

namespace codecrucible::gateway {
namespace {

using telemetry::Count;

// What befell the leader and need not befall the others.
bool was_the_leaders_own(const core::Failure& failure) {
  return failure.cause == core::Cause::queue_full || failure.cause == core::Cause::rate_limited ||
         failure.cause == core::Cause::client_gone;
}

// The text of a whole answer; empty if it calls tools, which are compared as they are.
std::string text_of(const cache::Answer& answer) {
  std::string text;
  cache::Unpacker events(answer.events);
  core::Event event;
  while (events.next(event)) {
    if (event.kind == core::Event::Kind::tool_call) return {};
    if (event.kind == core::Event::Kind::text) text += event.text;
  }
  return text;
}

// Equal, or as good as: the same number, command, choice, JSON; prose and code that differ in little.
bool same_answer(const core::ChatRequest& request, std::string_view prompt, const cache::Answer& one,
                 const cache::Answer& other) {
  constexpr float alike = 0.9F;
  constexpr std::size_t longest = 20'000;
  const auto a = text_of(one), b = text_of(other);
  if (a.empty() || a == b) return !a.empty();
  if (a.size() > longest || b.size() > longest) return false;
  confidence::Facts facts;
  facts.prompt = prompt;
  facts.format = request.format;
  const auto agreement = confidence::compare(facts, a, b);
  return agreement.known && agreement.likeness >= alike;
}

}  // namespace

CacheVisit::~CacheVisit() {
  if (capture_) capture_->settle(job_.failure);
}

net::task<bool> CacheVisit::serve() {
  const auto& settings = job_.snapshot->settings.cache.exact;
  if (!settings.enabled) co_return false;
  auto control = cache_control(job_.exchange);
  auto& wish = control.wish;
  const bool repeats = control.insist || cache::may_repeat(job_.request, settings);
  if (!repeats || !(wish.read || wish.keep)) co_return false;
  wish.share = wish.share && settings.single_flight;

  const auto& scope = job_.snapshot->cache_scope;
  wishes_ = cache_wishes(scope, job_.exchange, job_.request.user, job_.context.created) +
            unread_wishes(job_.source);
  model_ = fleet::canonical(job_.request.model);
  job_.tenant = tenant_of(job_.exchange, job_.snapshot->settings.security);
  reads_ = wish.read && !wish.max_age;
  const auto key = cache::key_of(job_.request, {job_.tenant, model_, scope.policy, wishes_});

  auto& exact = job_.desk.cache.exact;
  std::shared_ptr<cache::Flight> stale;  // one that cannot be joined any more
  for (int round = 0; round < 3; ++round) {
    auto found = exact.look_up(key, wish, job_.context.created, stale.get());
    if (found.answer) {
      job_.cache_word = "hit";
      job_.desk.recorder.count(Count::cache_exact_hit);
      co_await replay(job_, *found.answer);
      co_return true;
    }
    if (!found.flight || found.lead) {
      lead(key, std::move(found.flight), wish.keep);
      co_return false;
    }
    stale = found.flight;
    const auto bell = std::make_shared<Bell>(job_.desk.worker);
    const auto seat = found.flight->join([bell] { bell->ring(); });
    if (!seat) continue;
    job_.cache_word = "joined";
    job_.desk.recorder.count(Count::cache_shared);
    auto failure = co_await follow(job_, *found.flight, *seat, *bell);
    if (!failure) co_return true;
    job_.failure = failure;
    if (job_.delivery->live() || job_.delivery->gone()) co_return true;
    if (!was_the_leaders_own(*failure)) {
      co_await job_.delivery->fail(*failure);
      co_return true;
    }
    job_.failure.reset();
  }
  lead(key, nullptr, wish.keep);
  co_return false;
}

void CacheVisit::lead(const cache::Key& key, std::shared_ptr<cache::Flight> flight, bool keep) {
  job_.cache_word = "miss";
  job_.desk.recorder.count(Count::cache_miss);
  if (!flight && !keep) return;
  if (flight) client_.share(flight);
  capture_.emplace(job_, job_.desk.cache.exact, key, std::move(flight), keep);
  job_.listeners.push_back(&*capture_);
}

bool CacheVisit::may_be_alike() const {
  const auto& settings = job_.snapshot->settings.cache.semantic;
  if (!settings.enabled || !capture_ || job_.decision.ranked.empty()) return false;
  const auto& rules = settings.rules;
  return rules.empty() || std::find(rules.begin(), rules.end(), job_.decision.rule) != rules.end();
}

net::task<bool> CacheVisit::serve_alike() {
  if (!may_be_alike()) co_return false;
  const auto text = cache::free_text(job_.request);
  if (text.empty()) co_return false;
  auto& semantic = job_.desk.cache.semantic;
  const auto& scope = job_.snapshot->cache_scope;
  const auto& teller = job_.snapshot->settings.cache.semantic.model;
  std::optional<cache::Meaning> meaning;
  if (!teller.empty()) {
    meaning = co_await meaning_by_model(job_, text);
    if (!meaning) co_return false;
  }
  auto& alike = alike_.emplace();
  alike.text = text;
  alike.meaning = meaning;
  // Meanings that different models tell cannot be compared.
  const auto wishes = teller.empty() ? wishes_ : wishes_ + "\nmeaning: " + teller;
  alike.group = cache::group_of(job_.request, {job_.tenant, model_, scope.policy, wishes});
  if (!reads_) co_return false;
  alike.found =
      semantic.look_up(alike.group, text, job_.context.created, job_.desk.random.unit(), alike.given());
  if (!alike.found.told) co_return false;
  const auto answer = alike.found.answer;
  capture_->told_from(*answer);
  char score[16];
  std::snprintf(score, sizeof score, "%.2f", alike.found.likeness.score);
  job_.cache_word = std::string("semantic(") + score + ")";
  job_.desk.recorder.count(Count::cache_semantic_hit);
  co_await replay(job_, *answer);
  alike_.reset();
  co_return true;
}

void CacheVisit::settle() {
  if (!capture_) return;
  capture_->settle(job_.failure);
  remember();
}

// What was generated is kept by its meaning, and tells whether what was found like it would have been right.
void CacheVisit::remember() {
  if (!alike_ || !capture_->answer()) return;
  auto& semantic = job_.desk.cache.semantic;
  const auto& found = alike_->found;
  auto answer = std::make_shared<cache::Answer>(*capture_->answer());
  answer->ttl = std::min(answer->ttl, job_.snapshot->settings.cache.semantic.ttl);
  bool same = false;
  if (found.answer) {
    same = same_answer(job_.request, alike_->text, *found.answer, *answer);
    semantic.learn(alike_->group, found, same);
  }
  semantic.keep(alike_->group, alike_->text, std::move(answer), same ? &found : nullptr, alike_->given());
}

}  // namespace codecrucible::gateway

#include "config/sections.hpp"

namespace codecrucible::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Shape timeouts() {
  Rows<fleet::TimeoutSettings> rows;
  using T = fleet::TimeoutSettings;
  rows.add("connect", wait(), &T::connect, "Until the connection stands.");
  rows.add("firstToken", wait(), &T::first_token, "Until the first token.");
  rows.add("firstTokenWhileLoading", wait(), &T::first_token_while_loading,
           "The same while the model is being loaded.");
  rows.add("idle", wait(), &T::idle, "Longest pause between two events of a stream.");
  rows.add("total", wait(), &T::total, "For the whole answer.");
  rows.add("load", wait(), &T::load, "For a load that the gateway asked for.");
  rows.add("probe", duration(milliseconds{10}, minutes{5}), &T::probe,
           "For asking a server about its state.");
  return std::move(rows).shape();
}

Shape breaker() {
  Rows<fleet::BreakerSettings> rows;
  using B = fleet::BreakerSettings;
  rows.add("failures", integer(1, 10'000), &B::failures, "Failures within the window that open it …");
  rows.add("share", number(0, 1), &B::share, "… if they are at least this share of the outcomes.");
  rows.add("window", duration(milliseconds{100}, hours{24}), &B::window, "How far back it looks.");
  rows.add("backoff", duration(milliseconds{10}, hours{24}), &B::first_backoff,
           "First pause before one request may try again; doubles each time.");
  rows.add("maxBackoff", duration(milliseconds{10}, hours{24}), &B::max_backoff, "Longest pause.");
  rows.add("jitter", number(0, 1), &B::jitter, "Pauses vary by this share.");
  return std::move(rows).shape();
}

Shape queue() {
  Rows<fleet::QueueSettings> rows;
  using Q = fleet::QueueSettings;
  rows.add("length", integer(0, 1'000'000), &Q::per_host,
           "Requests that may wait for one provider; more get 429 with Retry-After.");
  rows.add("perClient", integer(1, 1'000'000), &Q::per_client,
           "Of these, from one client. Clients take turns.");
  rows.add("deadline", duration(milliseconds{1}, hours{24}), &Q::max_wait, "Longest wait.");
  rows.add("batchBecomesInteractive", duration(milliseconds{0}, hours{24}), &Q::batch_becomes_interactive,
           "A batch request that waited so long is treated like any other.");
  rows.add("recoveryWait", wait(), &Q::recovery_wait,
           "When all candidates just went down: wait so long for one to come back before refusing.");
  return std::move(rows).shape();
}

Shape resources() {
  Rows<fleet::Settings> rows;
  using F = fleet::Settings;
  const auto swap = [](auto member) { return [member](F& f) -> auto& { return f.swap.*member; }; };
  const auto slots = [](auto member) { return [member](F& f) -> auto& { return f.slots.*member; }; };
  using W = fleet::SwapSettings;
  using L = fleet::SlotSettings;
  rows.add("swapGuard", boolean(), swap(&W::guard),
           "Never load a model where that would cut a running answer of another.");
  rows.add("minDwell", wait(), swap(&W::min_dwell), "A loaded model stays at least so long.");
  rows.add("turn", wait(), swap(&W::turn),
           "After so long, models in memory yield to one that is waited for …");
  rows.add("turnRequests", integer(1, 100'000), swap(&W::turn_requests), "… or after so many requests.");
  rows.add("loadBackoff", wait(), swap(&W::load_backoff),
           "Pause after a failed load; doubles up to a minute.");
  rows.add("learnSlots", boolean(), slots(&L::learn),
           "Learn how many generations at once a server bears when nobody says it.");
  rows.add("maxSlots", integer(1, 10'000), slots(&L::max), "At most so many.");
  rows.add("slowFirstToken", number(1, 1000), slots(&L::slow_first_token),
           "First tokens so many times slower than in quiet times mean: too many at once.");
  rows.add("cancelGracePrefill", wait(), slots(&L::cancel_grace_prefill),
           "A cancelled request still holds its slot for so long while its prompt is read …");
  rows.add("cancelGraceDecode", wait(), slots(&L::cancel_grace_decode), "… and while its answer is made.");
  return std::move(rows).shape();
}

}  // namespace

void add_fallback_sections(Rows<Draft>& rows) {
  Rows<fleet::Settings> fallback;
  using F = fleet::Settings;
  using R = fleet::RetrySettings;
  const auto retry = [](auto member) { return [member](F& f) -> auto& { return f.retry.*member; }; };
  fallback.add("attempts", integer(1, 100), retry(&R::attempts), "Tries per request, over all candidates.");
  fallback.add("retryBudget", number(0, 1), retry(&R::budget_share),
               "Retries may be this share of all requests …");
  fallback.add("retryBurst", number(0, 10'000), retry(&R::budget_burst), "… plus so many saved up.");
  fallback.add("loadingWait", wait(), retry(&R::loading_wait),
               "Pause when a server says that it is loading.");
  fallback.add(
      "midStream", choice({"error", "continue"}), retry(&R::continue_after_bytes),
      "A stream that breaks after its beginning was sent: end it with an error, or let another server "
      "continue the text, where it is plain text and the server can (Ollama, llama.cpp).");
  fallback.section("timeouts", timeouts(), &F::timeouts, "Limits in time of one try; 0: none.");
  fallback.section("breaker", breaker(), &F::model_breaker,
                   "When a model on a server is left alone for a while.");
  fallback.section("hostBreaker", breaker(), &F::host_breaker, "The same for a whole server.");
  const auto fleet = [](Draft& d) -> auto& { return d.settings.fleet; };
  rows.section("fallback", std::move(fallback).shape(), fleet, "What happens when something fails.");
  rows.section(
      "queue", queue(), [](Draft& d) -> auto& { return d.settings.fleet.queue; }, "Waiting for a free slot.");
  rows.section("resources", resources(), fleet, "What the machines are spared.");
}

}  // namespace codecrucible::config

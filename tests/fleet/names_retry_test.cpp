#include "fleet/names.hpp"
#include "fleet/retry.hpp"
#include "story.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::fleet;
using namespace codecrucible::fleet::test;
using core::Cause;

namespace {

core::FleetView sample() {
  core::FleetView view;
  view.hosts.resize(2);
  view.hosts[0].name = "lmstudio";
  view.hosts[1].name = "ollama";
  const auto add = [&](std::size_t host, std::string id) {
    core::ModelView model;
    model.id = model.public_id = std::move(id);
    model.host = host;
    view.models.push_back(std::move(model));
  };
  add(0, "qwen/Qwen3-8B");
  add(0, "llama3:latest");
  add(1, "llama3:latest");
  add(1, "phi4:14b");
  add(1, "gemma:2b");
  add(1, "gemma:7b");
  return view;
}

using Indices = std::vector<std::size_t>;

NextStep after(Cause cause, Trouble trouble, RetryBudget& budget) {
  trouble.cause = cause;
  return next_step(trouble, RetrySettings{}, budget, at(0));
}

}  // namespace

TEST_CASE("names: every usual spelling finds its model") {
  const auto view = sample();
  CHECK(resolve("llama3", view) == Indices{1, 2});
  CHECK(resolve("LLAMA3:Latest", view) == Indices{1, 2});
  CHECK(resolve("ollama/llama3", view) == Indices{2});
  CHECK(resolve("qwen%2Fqwen3-8b", view) == Indices{0});
  CHECK(resolve("Qwen3-8B", view) == Indices{0});
  CHECK(resolve("lmstudio/qwen3-8b", view) == Indices{0});
  CHECK(resolve("other/qwen3-8b", view) == Indices{0});
  CHECK(resolve("phi4", view) == Indices{3});
  CHECK(resolve("phi4:7b", view).empty());
  CHECK(resolve("gemma", view).empty());
  CHECK(resolve("", view).empty());
  CHECK(resolve("%", view).empty());
}

TEST_CASE("names: an alias keeps its own order") {
  const Aliases aliases{{"coder", {"phi4:14b", "qwen3-8b", "phi4"}}};
  CHECK(resolve("coder", sample(), aliases) == Indices{3, 0});
  CHECK(resolve("Coder", sample(), aliases) == Indices{3, 0});
}

TEST_CASE("retry: after content went out or by the client's own fault nothing is repeated") {
  RetrySettings settings;
  RetryBudget budget(settings);
  CHECK(after(Cause::stall, {.bytes_sent = true, .more_candidates = true}, budget).step == Step::give_up);
  CHECK(after(Cause::bad_request, {.more_candidates = true}, budget).step == Step::give_up);
  CHECK(after(Cause::client_gone, {.more_candidates = true}, budget).step == Step::give_up);
}

TEST_CASE("retry: a stale pooled connection is tried once again at the same place") {
  RetrySettings settings;
  RetryBudget budget(settings);
  CHECK(after(Cause::reset, {.reused_connection = true, .more_candidates = true}, budget).step ==
        Step::retry_same);
  CHECK(after(Cause::reset,
              {.reused_connection = true, .attempts = 2, .attempts_here = 2, .more_candidates = true}, budget)
            .step == Step::next_candidate);
}

TEST_CASE("retry: a loading server is waited for unless another candidate is at hand") {
  RetrySettings settings;
  RetryBudget budget(settings);
  CHECK(after(Cause::loading, {.more_candidates = true}, budget).step == Step::next_candidate);
  const auto wait = after(Cause::loading, {.retry_after = 5s}, budget);
  CHECK(wait.step == Step::wait_and_retry);
  CHECK(wait.pause == 5s);
  CHECK(after(Cause::loading, {.deadline = {at(3)}, .retry_after = 5s}, budget).step == Step::give_up);
}

TEST_CASE("retry: where nobody else is left the same server is asked again, then after growing pauses") {
  RetrySettings settings;
  settings.attempts = 10;
  RetryBudget budget(settings);
  const auto next = [&](Cause cause, int attempts, int here) {
    Trouble trouble;
    trouble.cause = cause;
    trouble.attempts = attempts;
    trouble.attempts_here = here;
    return next_step(trouble, settings, budget, at(1));
  };
  CHECK(next(Cause::stall, 1, 1).step == Step::retry_same);
  CHECK(next(Cause::stall, 2, 2).pause == 200ms);
  CHECK(next(Cause::stall, 5, 2).pause == 1600ms);
  CHECK(next(Cause::stall, 9, 2).pause == 5000ms);
  CHECK(next(Cause::backend_rejected, 1, 1).step == Step::give_up);
  CHECK(next(Cause::no_backend, 1, 1).step == Step::give_up);
}

TEST_CASE("retry: attempts and budget are bounded") {
  RetrySettings settings;
  settings.budget_burst = 2;
  RetryBudget budget(settings);
  CHECK(after(Cause::backend_error, {.attempts = 4, .more_candidates = true}, budget).step == Step::give_up);
  CHECK(after(Cause::backend_error, {.more_candidates = true}, budget).step == Step::next_candidate);
  CHECK(after(Cause::backend_error, {.more_candidates = true}, budget).step == Step::next_candidate);
  const auto slow = after(Cause::backend_error, {.more_candidates = true}, budget);
  CHECK(slow.step == Step::wait_and_retry);
  CHECK(slow.pause == settings.pause);
  CHECK(after(Cause::cut, {.attempts = 3}, budget).pause == 2 * settings.pause);
  CHECK(after(Cause::cut, {.attempts = 3, .deadline = {at(0.3)}}, budget).step == Step::give_up);
  for (int i = 0; i < 5; ++i) budget.request();
  CHECK(after(Cause::backend_error, {.more_candidates = true}, budget).step == Step::next_candidate);
}

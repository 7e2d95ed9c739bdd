#include "gateway/learning_pages.hpp"

#include "gateway/awaited.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace codecrucible::gateway {
namespace {

using LearningPage = Awaited<core::Result<std::string>>;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

// What the body of an activation asks for.
struct Wish {
  std::uint64_t number = 0;
  std::optional<learning::Strategy> strategy;
};
core::Result<Wish> wish_of(std::string_view body) {
  const auto given = nlohmann::json::parse(body, nullptr, false);
  if (!given.is_object() || !given.contains("number") || !given["number"].is_number_unsigned())
    return core::fail(core::Cause::bad_request, R"(send {"number": N}; see GET /admin/policies)", "number");
  Wish wish;
  wish.number = given["number"].get<std::uint64_t>();
  if (!given.contains("strategy")) return wish;
  if (given["strategy"].is_string())
    wish.strategy = learning::strategy_of(given["strategy"].get_ref<const std::string&>());
  if (!wish.strategy)
    return core::fail(core::Cause::bad_request, "strategy: immediate, gradual, canary, ab or shadow",
                      "strategy");
  return wish;
}

// Hands the order to the learning desk; false: there is no such order.
core::Result<void> order(net::Exchange& exchange, LearningDesk& learning, std::string_view verb,
                         LearningDesk::Answer answer) {
  const auto method = exchange.method();
  constexpr std::string_view prefix = "policies";
  verb.remove_prefix(prefix.size());
  if (verb.starts_with('/')) verb.remove_prefix(1);
  if (method == "GET" && verb.empty()) {
    learning.list(std::move(answer));
    return {};
  }
  const auto number = number_of(verb);
  if (method == "GET" && number) {
    learning.show(*number, std::move(answer));
    return {};
  }
  if (method == "POST" && verb == "activate") {
    const auto wish = wish_of(exchange.body());
    if (!wish) return wish.error();
    learning.activate(wish->number, wish->strategy, std::move(answer));
    return {};
  }
  if (method == "POST" && verb == "rollback") {
    learning.roll_back(std::move(answer));
    return {};
  }
  if (method == "POST" && verb == "follow") {
    learning.follow(std::move(answer));
    return {};
  }
  if (method == "POST" && verb == "learn") {
    learning.learn_now(std::move(answer));
    return {};
  }
  return core::fail(core::Cause::not_found,
                    "GET /admin/policies and /admin/policies/{number}, POST /admin/policies/activate, "
                    "/rollback, /follow and /learn are served here");
}

}  // namespace

net::task<core::Result<std::string>> policies_page(net::Exchange& exchange, WorkerDesk& desk,
                                                   const std::string& verb) {
  const auto page = std::make_shared<LearningPage>(desk.worker);
  const auto answer = [page](core::Result<std::string> result) {
    LearningPage::give(page, std::move(result));
  };
  const auto ordered = order(exchange, desk.learning, verb, answer);
  if (!ordered) co_return ordered.error();
  while (!page->value) co_await page->timer.async_wait(net::nothrow);
  co_return std::move(*page->value);
}

}  // namespace codecrucible::gateway

#include "gateway/classifier_pages.hpp"

#include "gateway/awaited.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::gateway {
namespace {

using ClassifierPage = Awaited<core::Result<std::string>>;

core::Result<std::uint64_t> classifier_in(std::string_view body) {
  const auto given = nlohmann::json::parse(body, nullptr, false);
  if (!given.is_object() || !given.contains("number") || !given["number"].is_number_unsigned())
    return core::fail(core::Cause::bad_request, R"(send {"number": N}; see GET /admin/classifiers)",
                      "number");
  return given["number"].get<std::uint64_t>();
}

// Hands the order to the desk; a failure: there is no such order.
core::Result<void> order_classifier(net::Exchange& exchange, ClassifierDesk& desk, std::string_view verb,
                                    ClassifierDesk::Answer answer) {
  const bool post = exchange.method() == "POST";
  if (exchange.method() == "GET" && verb == "classifiers") {
    desk.list(std::move(answer));
  } else if (post && verb == "classifiers/activate") {
    const auto number = classifier_in(exchange.body());
    if (!number) return number.error();
    desk.activate(*number, std::move(answer));
  } else if (post && verb == "classifiers/rollback") {
    desk.roll_back(std::move(answer));
  } else if (post && verb == "classifiers/train") {
    desk.train(std::move(answer));
  } else {
    return core::fail(
        core::Cause::not_found,
        "GET /admin/classifiers, POST /admin/classifiers/activate, /rollback and /train are served here");
  }
  return {};
}

}  // namespace

net::task<core::Result<std::string>> classifiers_page(net::Exchange& exchange, WorkerDesk& desk,
                                                      const std::string& verb) {
  const auto page = std::make_shared<ClassifierPage>(desk.worker);
  const auto answer = [page](core::Result<std::string> result) {
    ClassifierPage::give(page, std::move(result));
  };
  const auto ordered = order_classifier(exchange, desk.classifiers, verb, answer);
  if (!ordered) co_return ordered.error();
  while (!page->value) co_await page->timer.async_wait(net::nothrow);
  co_return std::move(*page->value);
}

}  // namespace codecrucible::gateway

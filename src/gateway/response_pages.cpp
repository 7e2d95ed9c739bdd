#include "gateway/response_pages.hpp"

#include "core/json_text.hpp"
#include "wire/responses/client.hpp"

#include <charconv>

namespace codecrucible::gateway {
namespace {

constexpr std::string_view items_suffix = "/input_items";

core::Failure unknown(std::string_view id) {
  return core::fail(core::Cause::not_found,
                    "Response with id '" + std::string(id.substr(0, 200)) + "' not found.", "response_id");
}

// The value of a query's parameter, percent-decoded; empty if it is not there.
std::string parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos) {
      return percent_decoded(pair.substr(equals + 1));
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return {};
}

core::Result<std::string> items_page(std::string_view array, std::string_view query) {
  wire::responses::ItemsPage page;
  const auto limit = parameter(query, "limit");
  if (!limit.empty()) {
    const auto read = std::from_chars(limit.data(), limit.data() + limit.size(), page.limit);
    const bool whole = read.ec == std::errc() && read.ptr == limit.data() + limit.size();
    if (!whole || page.limit < 1 || page.limit > 100) {
      return core::fail(core::Cause::bad_request, "'limit' must be a whole number from 1 to 100.", "limit");
    }
  }
  const auto order = parameter(query, "order");
  if (!order.empty() && order != "asc" && order != "desc") {
    return core::fail(core::Cause::bad_request, "'order' must be 'asc' or 'desc'.", "order");
  }
  page.ascending = order == "asc";
  const auto after = parameter(query, "after");
  page.after = after;
  std::string out;
  wire::responses::write_items_page(array, page, out);
  return out;
}

}  // namespace

std::string owner_of(const net::Exchange& exchange, const Snapshot& snapshot) {
  return tenant_of(exchange, snapshot.settings.security);
}

core::Result<std::string> response_page(const net::Exchange& exchange, WorkerDesk& desk,
                                        const std::string& rest) {
  const auto& snapshot = *desk.snapshot.current();
  const auto now = std::chrono::steady_clock::now();
  std::string_view id = rest;
  const bool items = id.ends_with(items_suffix);
  if (items) id.remove_suffix(items_suffix.size());
  const auto owner = owner_of(exchange, snapshot);
  if (exchange.method() == "DELETE") {
    if (!desk.turns.forget(id, owner, now)) return unknown(id);
    std::string out = "{\"id\":";
    core::append_string(out, id);
    return out += R"(,"object":"response","deleted":true})";
  }
  const auto turn = desk.turns.find(id, owner, now);
  if (!turn) return unknown(id);
  if (items) return items_page(turn->input, exchange.query());
  if (parameter(exchange.query(), "stream") == "true") {
    return core::fail(core::Cause::unsupported,
                      "A kept response is given whole: 'stream' is not supported here.", "stream");
  }
  return turn->response;
}

}  // namespace codecrucible::gateway

#include "cli/remote_history.hpp"

#include "history/export.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace codecrucible::cli {
namespace {

constexpr std::size_t most_per_page = 1000;

std::string encoded(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

core::Failure garbage(const std::string& url) {
  return core::fail(core::Cause::garbage, "what answers at " + url + " is no history of codecrucible");
}

}  // namespace

core::Result<std::string> RemoteHistory::page(const std::string& path) const {
  HttpCall call;
  call.path = path;
  auto reply = call_gateway(gateway_, call);
  if (!reply) {
    if (reply.error().cause != core::Cause::refused) return reply.error();
    return core::fail(core::Cause::refused, no_gateway_text(gateway_));
  }
  if (reply->status != 200) return core::fail(core::Cause::backend_error, error_text(*reply));
  return std::move(reply->body);
}

core::Result<void> RemoteHistory::read(const history::Filter& filter,
                                       const std::function<bool(const history::Kept&)>& each) {
  std::string query;
  for (const auto& [name, value] : parameters_) query += "&" + name + "=" + encoded(value);
  if (filter.oldest_first) query += "&order=oldest";
  const char* const next = filter.oldest_first ? "next_after" : "next_before";
  std::string from;
  std::size_t left = filter.limit;  // 0 = all
  while (true) {
    const auto wanted = filter.limit == 0 ? most_per_page : std::min(left, most_per_page);
    const auto text = page("/admin/history?limit=" + std::to_string(wanted) + query + from);
    if (!text) return text.error();
    const auto body = nlohmann::json::parse(*text, nullptr, false);
    if (!body.is_object() || !body.contains("records") || !body["records"].is_array())
      return garbage(gateway_.url);
    for (const auto& record : body["records"]) {
      const auto kept =
          history::from_json(record.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      if (!kept) return garbage(gateway_.url);
      if (!each(*kept)) return {};
    }
    left -= std::min(left, body["records"].size());
    const bool more = body.contains(next) && body[next].is_number_integer();
    if (!more || (filter.limit > 0 && left == 0)) return {};
    from = std::string(filter.oldest_first ? "&after=" : "&before=") +
           std::to_string(body[next].get<std::int64_t>());
  }
}

core::Result<history::Kept> RemoteHistory::find(const std::string& id) {
  const auto text = page("/admin/history/" + encoded(id));
  if (!text) return text.error();
  auto kept = history::from_json(*text);
  if (!kept) return garbage(gateway_.url);
  return kept;
}

}  // namespace codecrucible::cli

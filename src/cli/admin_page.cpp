#include "cli/admin_page.hpp"

#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"

#include <ctime>
#include <iostream>

namespace codecrucible::cli {

std::optional<nlohmann::ordered_json> admin_page(const GatewayAddress& gateway, const HttpCall& call,
                                                 int& exit) {
  const auto reply = call_gateway(gateway, call);
  if (!reply) {
    const bool absent = reply.error().cause == core::Cause::refused;
    std::cerr << (absent ? no_gateway_text(gateway) : reply.error().detail) << '\n';
    exit = absent ? Exit::no_gateway : Exit::failed;
    return std::nullopt;
  }
  auto page = nlohmann::ordered_json::parse(reply->body, nullptr, false);
  if (reply->status == 200 && page.is_object()) return page;
  std::cerr << "error: " << printable(error_text(*reply)) << '\n';
  exit = Exit::failed;
  return std::nullopt;
}

std::string time_text(std::int64_t at) {
  const auto seconds = static_cast<std::time_t>(at);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

}  // namespace codecrucible::cli

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <thread>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

// A page of the gateway as JSON; says itself what is wrong and gives the exit code then.
int fetch(const GatewayAddress& gateway, const std::string& path, json& out) {
  HttpCall call;
  call.path = path;
  const auto reply = call_gateway(gateway, call);
  if (!reply) {
    const bool absent = reply.error().cause == core::Cause::refused;
    std::cerr << (absent ? no_gateway_text(gateway) : reply.error().detail) << '\n';
    return absent ? Exit::no_gateway : Exit::failed;
  }
  if (reply->status != 200) {
    std::cerr << "error: " << printable(error_text(*reply)) << '\n';
    return Exit::failed;
  }
  out = json::parse(reply->body, nullptr, false);
  if (out.is_discarded()) {
    std::cerr << "error: " << gateway.url << path
              << " does not answer with JSON: is this a codecrucible gateway?\n";
    return Exit::failed;
  }
  return Exit::ok;
}

std::string text_or(const json& object, const char* key, const std::string& otherwise) {
  if (!object.contains(key) || object[key].is_null()) return otherwise;
  return object[key].is_string() ? object[key].get<std::string>() : object[key].dump();
}

std::string rounded(const json& object, const char* key) {
  if (!object.contains(key) || !object[key].is_number()) return "-";
  std::ostringstream out;
  out << std::fixed << std::setprecision(object[key].get<double>() < 10 ? 1 : 0) << object[key].get<double>();
  return out.str();
}

void print_fleet(const json& fleet, const Style& style, std::ostream& out) {
  for (const auto& host : fleet["hosts"]) {
    const bool up = host.value("reachable", false);
    out << (up ? style.green() : style.red()) << (up ? "● " : "○ ") << style.off() << style.bold()
        << printable(host.value("label", "")) << style.off() << "  " << printable(host.value("url", ""));
    if (!host.value("version", "").empty()) out << "  v" << printable(host.value("version", ""));
    if (host.value("breaker", "closed") != "closed") out << "  breaker " << host.value("breaker", "");
    out << "  running " << host.value("running", 0) << ", waiting " << host.value("queued", 0);
    if (!up) out << "  " << style.dim() << printable(host.value("trouble", "")) << style.off();
    out << '\n';
    if (host["models"].empty()) continue;
    out << style.dim() << "    " << std::left << std::setw(40) << "model" << std::setw(12) << "state"
        << std::setw(9) << "window" << std::setw(9) << "slots" << std::setw(9) << "load s" << std::setw(12)
        << "prefill t/s" << std::setw(11) << "decode t/s" << style.off() << '\n';
    for (const auto& model : host["models"]) {
      out << "    " << std::left << std::setw(40) << printable(model.value("id", "")) << std::setw(12)
          << model.value("state", "") << std::setw(9) << text_or(model, "window", "?") << std::setw(9)
          << std::to_string(model.value("running", 0)) + "/" + std::to_string(model.value("slots", 0))
          << std::setw(9) << rounded(model, "load_seconds") << std::setw(12)
          << rounded(model, "prefill_tokens_per_second") << std::setw(11)
          << rounded(model, "decode_tokens_per_second") << '\n';
    }
  }
}

}  // namespace

int models(const GatewayAddress& gateway, bool as_json) {
  json page;
  const int exit = fetch(gateway, "/v1/models", page);
  if (exit != Exit::ok) return exit;
  if (as_json) {
    std::cout << page["data"].dump() << '\n';
    return Exit::ok;
  }
  const Style style = style_of(STDOUT_FILENO);
  for (const auto& model : page["data"]) {
    const auto id = printable(model.value("id", ""));
    std::cout << style.bold() << std::left << std::setw(42) << id << style.off() << std::setw(26)
              << printable(model.value("owned_by", ""));
    if (model.contains("codecrucible")) {
      std::cout << std::setw(12) << model["codecrucible"].value("state", "")
                << text_or(model, "context_length", "?") << " tokens";
    } else if (id.starts_with("auto")) {
      std::cout << style.dim() << "chosen by task and complexity" << style.off();
    } else {
      std::cout << style.dim() << "alias" << style.off();
    }
    std::cout << '\n';
  }
  return Exit::ok;
}

int status(const GatewayAddress& gateway, bool as_json, bool watch) {
  const Style style = style_of(STDOUT_FILENO);
  while (true) {
    json fleet;
    const int exit = fetch(gateway, "/admin/fleet", fleet);
    if (exit != Exit::ok) return exit;
    if (as_json) {
      std::cout << fleet.dump() << '\n';
    } else {
      std::ostringstream out;
      print_fleet(fleet, style, out);
      if (watch && is_terminal(STDOUT_FILENO)) std::cout << "\x1b[2J\x1b[H";
      std::cout << out.str() << std::flush;
    }
    if (!watch) return Exit::ok;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace codecrucible::cli

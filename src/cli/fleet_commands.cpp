#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <thread>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

// The body of a good reply; says itself what is wrong and gives the exit code then.
int body_of(const GatewayAddress& gateway, const HttpCall& call, std::string& body) {
  auto reply = call_gateway(gateway, call);
  if (!reply) {
    const bool absent = reply.error().cause == core::Cause::refused;
    std::cerr << (absent ? no_gateway_text(gateway) : reply.error().detail) << '\n';
    return absent ? Exit::no_gateway : Exit::failed;
  }
  if (reply->status != 200) {
    std::cerr << "error: " << printable(error_text(*reply)) << '\n';
    return Exit::failed;
  }
  body = std::move(reply->body);
  return Exit::ok;
}

// A page of the gateway as JSON; the same of it.
int fetch(const GatewayAddress& gateway, const std::string& path, json& out) {
  HttpCall call;
  call.path = path;
  std::string body;
  if (const int exit = body_of(gateway, call, body); exit != Exit::ok) return exit;
  out = json::parse(body, nullptr, false);
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

std::string gigabytes(const json& object, const char* key) {
  if (!object.contains(key) || !object[key].is_number()) return "?";
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << object[key].get<double>() / (1 << 30);
  return out.str();
}

std::string percent(const json& object, const char* key) {
  if (!object.contains(key) || !object[key].is_number()) return {};
  return std::to_string(std::lround(100 * object[key].get<double>())) + " %";
}

void print_machine(const json& machine, const Style& style, std::ostream& out) {
  out << style.dim() << "this machine  " << style.off() << printable(machine.value("cpu", "")) << "  "
      << machine.value("cores", 0) << " cores, load " << rounded(machine, "load");
  if (const auto busy = percent(machine, "cpu_busy"); !busy.empty()) out << " (" << busy << ")";
  out << ", memory " << gigabytes(machine, "ram_available") << " of " << gigabytes(machine, "ram_total")
      << " GiB free\n";
  for (const auto& gpu : machine["gpus"]) {
    out << style.dim() << "              " << style.off() << printable(gpu.value("name", "")) << "  "
        << gigabytes(gpu, "memory_used") << " of " << gigabytes(gpu, "memory_total") << " GiB used";
    if (const auto busy = percent(gpu, "busy"); !busy.empty()) out << ", busy " << busy;
    out << '\n';
  }
}

// "loaded", "loaded 4m" (until the server unloads it), or why nothing goes there.
std::string state_text(const json& model) {
  const auto breaker = model.value("breaker", "closed");
  if (breaker != "closed") return "breaker " + breaker;
  std::string state = model.value("state", "");
  if (model.contains("expires_in_seconds") && model["expires_in_seconds"].is_number()) {
    const auto left = model["expires_in_seconds"].get<std::int64_t>();
    state += left >= 60 ? " " + std::to_string(left / 60) + "m" : " " + std::to_string(left) + "s";
  }
  return state;
}

void print_model(const json& model, std::ostream& out) {
  out << "    " << std::left << std::setw(40) << printable(model.value("id", "")) << ' ' << std::setw(19)
      << state_text(model) << std::setw(9) << text_or(model, "window", "?") << std::setw(9)
      << std::to_string(model.value("running", 0)) + "/" + std::to_string(model.value("slots", 0))
      << std::setw(9) << model.value("queued", 0) << std::setw(8) << rounded(model, "load_seconds")
      << std::setw(13) << rounded(model, "prefill_tokens_per_second")
      << rounded(model, "decode_tokens_per_second") << '\n';
}

void print_host(const json& host, const Style& style, std::ostream& out) {
  const bool up = host.value("reachable", false);
  out << (up ? style.green() : style.red()) << (up ? "● " : "○ ") << style.off() << style.bold()
      << printable(host.value("label", "")) << style.off() << "  " << printable(host.value("url", ""));
  if (!host.value("version", "").empty()) out << "  v" << printable(host.value("version", ""));
  if (host.value("draining", false)) out << "  " << style.yellow() << "draining" << style.off();
  if (host.value("breaker", "closed") != "closed")
    out << "  " << style.yellow() << "breaker " << host.value("breaker", "") << style.off();
  out << "  running " << host.value("running", 0) << ", waiting " << host.value("queued", 0);
  if (!up) out << "  " << style.dim() << printable(host.value("trouble", "")) << style.off();
  out << '\n';
  if (host["models"].empty()) return;
  out << style.dim() << "    " << std::left << std::setw(41) << "model" << std::setw(19) << "state"
      << std::setw(9) << "window" << std::setw(9) << "slots" << std::setw(9) << "waiting" << std::setw(8)
      << "load s" << std::setw(13) << "prefill t/s"
      << "decode t/s" << style.off() << '\n';
  for (const auto& model : host["models"]) print_model(model, out);
}

void print_fleet(const json& fleet, const Style& style, std::ostream& out) {
  if (fleet.contains("machine")) print_machine(fleet["machine"], style, out);
  for (const auto& host : fleet["hosts"]) print_host(host, style, out);
}

volatile std::sig_atomic_t ended = 0;

// A screen of its own, as top has: the one before comes back at the end, also after Ctrl-C.
class LiveScreen {
 public:
  explicit LiveScreen(bool wanted) : wanted_(wanted) {
    if (!wanted_) return;
    struct sigaction action{};
    action.sa_handler = [](int) { ended = 1; };
    for (const int number : {SIGINT, SIGTERM}) sigaction(number, &action, nullptr);
    std::cout << "\x1b[?1049h\x1b[?25l" << std::flush;
  }
  ~LiveScreen() {
    if (wanted_) std::cout << "\x1b[?25h\x1b[?1049l" << std::flush;
  }
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  // Line by line over the old picture, so that nothing flickers.
  void show(const std::string& text) const {
    std::string out = wanted_ ? "\x1b[H" : "";
    for (const char c : text) out += c == '\n' && wanted_ ? "\x1b[K\n" : std::string(1, c);
    std::cout << out << (wanted_ ? "\x1b[J" : "") << std::flush;
  }

 private:
  bool wanted_;
};

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
  json fleet;
  int exit = fetch(gateway, "/admin/fleet", fleet);  // before the screen changes: its errors stay readable
  if (exit != Exit::ok) return exit;
  const LiveScreen screen(watch && !as_json && is_terminal(STDOUT_FILENO));
  while (true) {
    if (as_json) {
      std::cout << fleet.dump() << '\n' << std::flush;
    } else {
      std::ostringstream out;
      print_fleet(fleet, style, out);
      screen.show(out.str());
    }
    if (!watch) return Exit::ok;
    std::this_thread::sleep_for(std::chrono::seconds(1));
    if (ended != 0) return Exit::ok;
    exit = fetch(gateway, "/admin/fleet", fleet);
    if (exit != Exit::ok) return exit;
  }
}

int command_fleet(const GatewayAddress& gateway, const std::string& verb, const std::string& provider,
                  const std::string& model) {
  HttpCall call;
  call.method = "POST";
  call.path = "/admin/fleet/" + verb;
  json body = {{"provider", provider}};
  if (!model.empty()) body["model"] = model;
  call.body = body.dump();
  call.headers["content-type"] = "application/json";
  std::string answer;
  if (const int exit = body_of(gateway, call, answer); exit != Exit::ok) return exit;
  const auto page = json::parse(answer, nullptr, false);
  std::cout << printable(provider) << ": " << text_or(page, "status", "done") << '\n';
  return Exit::ok;
}

}  // namespace codecrucible::cli

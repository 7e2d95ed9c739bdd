#include "config/sections.hpp"

namespace codecrucible::config {
namespace {

Shape security() {
  Rows<ApiKey> key;
  key.add("name", nonempty(), &ApiKey::name, "Who it is, for logs and rules.").required = true;
  key.add("key", secret(), &ApiKey::key, "The secret itself, best from the environment: ${TEAM_KEY}.");
  key.add("sha256", text(), &ApiKey::sha256, "Instead of it: its SHA-256 in hex.");
  key.add("models", list_of(nonempty()), &ApiKey::models,
          "What it may use: models or \"provider/model\", '*' allowed.");
  key.add("requestsPerMinute", integer(0, 1'000'000), &ApiKey::requests_per_minute, "0: no limit.");
  key.add("tokensPerMinute", integer(0, 1e12), &ApiKey::tokens_per_minute,
          "Tokens of prompts and answers; 0: no limit.");
  key.add("tokensPerDay", integer(0, 1e12), &ApiKey::tokens_per_day,
          "The same from midnight to midnight UTC, restarts included. 0: no limit.");
  key.add("priority", choice({"interactive", "batch"}), &ApiKey::batch,
          "batch: its requests wait for interactive ones.");
  key.add("admin", boolean(), &ApiKey::admin, "May use /admin.");
  Rows<Security> rows;
  rows.add("keys", list_of(object(std::move(key).shape())), &Security::keys,
           "Who may use the gateway; none: everybody on this machine.")
      .example = "[{name: team, key: \"${TEAM_KEY}\"}]";
  rows.add("openToNetwork", boolean(), &Security::open_to_network,
           "true: may listen beyond this machine though there are no keys; whoever reaches the port may use "
           "it then.");
  rows.add("hosts", list_of(nonempty()), &Security::hosts,
           "Without keys: names by which it may be asked besides localhost, addresses and names without a "
           "dot. Others are refused, because a web page can make its own name point here.")
      .example = "[llm.example.com]";
  rows.add("adminKey", secret(), &Security::admin_key, "Key for /admin; empty: only from this machine.");
  rows.add("corsOrigins", list_of(nonempty()), &Security::cors_origins,
           "Web pages that may call from a browser; \"*\": all.");
  Rows<RemoteImages> images;
  images
      .add("hosts", list_of(nonempty()), &RemoteImages::hosts,
           "Servers from which pictures may be fetched, \"*.example.com\" allowed; none: no picture is.")
      .example = "[upload.wikimedia.org]";
  images.add("maxSize", bytes(kib, 64 * mib), &RemoteImages::max_bytes, "Largest picture.");
  images.add("timeout", duration(milliseconds{100}, std::chrono::minutes{5}), &RemoteImages::timeout,
             "Time for one picture, redirects included.");
  images.add("privateNetworks", boolean(), &RemoteImages::private_networks,
             "true: those servers may lie in private networks, on this machine too; whoever may ask can then "
             "show their pictures to a model.");
  images.add("cacheSize", bytes(0, 4096 * mib), &RemoteImages::cache_bytes,
             "Memory for pictures, so that the next turns of a conversation need not fetch them again; 0: "
             "each is fetched each time.");
  images.add("cacheTime", duration(milliseconds{0}, std::chrono::hours{24}), &RemoteImages::cache_time,
             "How long a picture is taken from there.");
  rows.section("remoteImages", std::move(images).shape(), &Security::images,
               "Pictures that a request names by URL: fetched by the gateway, never by a backend.");
  return std::move(rows).shape();
}

Shape logging() {
  Rows<telemetry::LogSettings> rows;
  using L = telemetry::LogSettings;
  rows.add("level", choice({"trace", "debug", "info", "warn", "error", "off"}), &L::level,
           "What is worth a line.");
  rows.add("format", choice({"auto", "pretty", "json"}), &L::format,
           "auto: pretty on a terminal, else JSON.");
  rows.add("file", text(), &L::file, "Where to; empty: standard error.");
  rows.add("access", boolean(), &L::access, "One line per request.");
  rows.add("queue", integer(16, 1'000'000), &L::queue,
           "Lines waiting to be written; when it is full the oldest are dropped.");
  return std::move(rows).shape();
}

Shape tracing() {
  Rows<telemetry::TraceSettings> rows;
  using T = telemetry::TraceSettings;
  rows.add("endpoint", text(), &T::endpoint,
           "Collector of OpenTelemetry that takes OTLP over HTTP, as http://127.0.0.1:4318; empty: off.");
  rows.add("sample", number(0, 1), &T::sample,
           "Share of requests that are traced, where the client's traceparent does not say.");
  rows.add("service", nonempty(), &T::service, "What this gateway is called there.");
  rows.add("headers", map_of(secret()), &T::headers, "Sent with each export, such as keys.");
  rows.add("queue", integer(16, 1'000'000), &T::queue, "Spans waiting to be sent; more are dropped.");
  rows.add("flush", duration(milliseconds{10}, std::chrono::minutes{10}), &T::flush,
           "Longest time that a span waits.");
  rows.add("timeout", duration(milliseconds{100}, std::chrono::minutes{5}), &T::timeout,
           "Longest time that an export takes.");
  return std::move(rows).shape();
}

Shape development() {
  Rows<Development> rows;
  rows.add("simulate", choice({"auto", "always", "never"}), &Development::simulate,
           "Built-in simulators in place of real servers; auto: when no server answers anywhere.");
  rows.add("debug", boolean(), &Development::debug, "More reasons in headers and log.");
  return std::move(rows).shape();
}

}  // namespace

void add_house_sections(Rows<Draft>& rows) {
  rows.section(
      "security", security(), [](Draft& d) -> auto& { return d.settings.security; }, "Who may do what.");
  rows.section(
      "logging", logging(), [](Draft& d) -> auto& { return d.settings.logging; }, "The gateway's own log.");
  rows.section(
      "tracing", tracing(), [](Draft& d) -> auto& { return d.settings.tracing; },
      "Spans of requests for OpenTelemetry.");
  rows.section(
      "development", development(), [](Draft& d) -> auto& { return d.settings.development; },
      "For trying things out.");
  rows.add(
      "stateDirectory", text(), [](Draft& d) -> auto& { return d.settings.state_directory; },
      "Where history and older configs are kept; empty: $XDG_STATE_HOME/codecrucible.");
}

// A function-local constant: built at first use, then never changed.
const Shape& table() {
  static const Shape shape = [] {
    Rows<Draft> rows;
    rows.add(
        "profile", text(), [](Draft& d) -> auto& { return d.settings.profile; },
        "Overlay laid on this file: none, auto (by the machine's memory and cores), or the name of a file in "
        "profiles/ (high-end, constrained).");
    add_server_section(rows);
    add_provider_sections(rows);
    add_model_sections(rows);
    add_routing_section(rows);
    add_performance_sections(rows);
    add_fallback_sections(rows);
    add_house_sections(rows);
    return std::move(rows).shape();
  }();
  return shape;
}

}  // namespace codecrucible::config

#include "gateway/routes.hpp"

#include "router/names.hpp"

#include <algorithm>
#include <array>

namespace codecrucible::gateway {
namespace {

using core::Surface;

struct Entry {
  std::string_view path;
  std::string_view methods;  // besides OPTIONS; HEAD is allowed wherever GET is
  Page page;
  Surface surface;
};

constexpr std::array table{
    Entry{"/v1/chat/completions", "POST", Page::chat, Surface::openai_chat},
    Entry{"/v1/completions", "POST", Page::chat, Surface::openai_completions},
    Entry{"/v1/messages", "POST", Page::chat, Surface::anthropic_messages},
    Entry{"/v1/messages/count_tokens", "POST", Page::count_tokens, Surface::anthropic_messages},
    Entry{"/v1/responses", "POST", Page::chat, Surface::openai_responses},
    Entry{"/v1/embeddings", "POST", Page::embeddings, Surface::openai_embeddings},
    Entry{"/v1/models", "GET", Page::models, Surface::openai_chat},
    Entry{"/v1/feedback", "POST", Page::feedback, Surface::openai_chat},
    Entry{"/api/chat", "POST", Page::chat, Surface::ollama_chat},
    Entry{"/api/generate", "POST", Page::chat, Surface::ollama_generate},
    Entry{"/api/embed", "POST", Page::embeddings, Surface::ollama_embed},
    Entry{"/api/embeddings", "POST", Page::embeddings, Surface::ollama_embeddings},
    Entry{"/api/tags", "GET", Page::ollama_tags, Surface::ollama_chat},
    Entry{"/api/ps", "GET", Page::ollama_ps, Surface::ollama_chat},
    Entry{"/api/show", "POST", Page::ollama_show, Surface::ollama_chat},
    Entry{"/api/version", "GET", Page::ollama_version, Surface::ollama_chat},
    Entry{"/api/pull", "POST", Page::ollama_management, Surface::ollama_chat},
    Entry{"/api/push", "POST", Page::ollama_management, Surface::ollama_chat},
    Entry{"/api/create", "POST", Page::ollama_management, Surface::ollama_chat},
    Entry{"/api/copy", "POST", Page::ollama_management, Surface::ollama_chat},
    Entry{"/api/delete", "DELETE", Page::ollama_management, Surface::ollama_chat},
    Entry{"/", "GET", Page::ollama_root, Surface::ollama_chat},
    Entry{"/health", "GET", Page::healthz, Surface::openai_chat},
    Entry{"/healthz", "GET", Page::healthz, Surface::openai_chat},
    Entry{"/readyz", "GET", Page::readyz, Surface::openai_chat},
    Entry{"/metrics", "GET", Page::metrics, Surface::openai_chat},
    Entry{"/openapi.json", "GET", Page::openapi, Surface::openai_chat},
};

constexpr std::string_view model_prefix = "/v1/models/";
constexpr std::string_view response_prefix = "/v1/responses/";
constexpr std::string_view admin_prefix = "/admin/";
constexpr std::string_view blobs_prefix = "/api/blobs/";

// `methods` is one, or two with ", " between them.
bool allows(std::string_view methods, std::string_view method) noexcept {
  const auto comma = methods.find(", ");
  if (comma != std::string_view::npos) {
    return allows(methods.substr(0, comma), method) || allows(methods.substr(comma + 2), method);
  }
  return methods == method || (methods == "GET" && method == "HEAD");
}

// Also where only a wrong base URL kept it from being the right path.
bool is_messages(std::string_view path) noexcept {
  if (path.starts_with("/v1")) path.remove_prefix(3);
  if (path.starts_with("/v1")) path.remove_prefix(3);
  return path == "/messages" || path.starts_with("/messages/");
}

// Other services of OpenAI's, which no backend here has.
bool is_foreign_service(std::string_view path) noexcept {
  constexpr std::string_view services[] = {"/images",  "/audio",       "/moderations",   "/files",
                                           "/batches", "/fine_tuning", "/assistants",    "/threads",
                                           "/uploads", "/realtime",    "/vector_stores", "/rerank",
                                           "/videos",  "/containers",  "/evals",         "/conversations"};
  if (path.starts_with("/v1/")) path.remove_prefix(3);
  return std::any_of(std::begin(services), std::end(services), [&](std::string_view service) {
    return path == service || (path.starts_with(service) && path[service.size()] == '/');
  });
}

// The served path that was perhaps meant; empty if none is near.
std::string meant(std::string_view path) {
  constexpr std::string_view alive[] = {"/live", "/livez", "/ping", "/status", "/v1/health", "/api/health"};
  if (std::find(std::begin(alive), std::end(alive), path) != std::end(alive)) return "/healthz";
  std::string lower(path);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  // Something too much before it, or /v1 too little.
  std::string_view best;
  std::size_t matched = 0;
  for (const auto& entry : table) {
    const auto tail = entry.path.starts_with("/v1/") ? entry.path.substr(3) : entry.path;
    for (const auto end : {entry.path, tail}) {
      if (end.size() < 2 || end.size() <= matched || !lower.ends_with(end)) continue;
      best = entry.path;
      matched = end.size();
    }
  }
  if (matched > 0) return std::string(best);
  for (const auto& entry : table) {
    if (lower.size() > 3 && entry.path.starts_with(lower + "/")) return std::string(entry.path);
  }
  std::vector<std::string> names;
  for (const auto& entry : table) names.emplace_back(entry.path);
  const auto near = router::nearest(lower, names);
  return near.empty() ? std::string() : near.front();
}

core::Failure unknown_path(std::string_view path) {
  std::string detail = "There is nothing at " + std::string(path.substr(0, 200)) + ".";
  if (path.starts_with("/v1/v1")) {
    detail += " The base URL already ends in /v1: take one of the two away.";
  } else if (path == "/v1" || path == "/api") {
    detail += " It is a base URL: clients add the rest, as " + std::string(path) +
              (path == "/v1" ? "/chat/completions." : "/chat.");
  } else if (is_messages(path)) {
    detail +=
        " Anthropic's clients find /v1/messages and /v1/messages/count_tokens; their base URL has no /v1.";
  } else if (is_foreign_service(path)) {
    detail += " This gateway serves chat, completions, responses, embeddings and models; not this service.";
  } else if (const auto near = meant(path); !near.empty()) {
    detail += " Did you mean " + near + "?";
    if (near.starts_with("/v1/")) detail += " The base URL for OpenAI clients ends in /v1.";
  } else {
    detail += " OpenAI clients use /v1/…, Ollama clients /api/…, Anthropic's /v1/messages.";
  }
  return core::fail(core::Cause::not_found, std::move(detail));
}

// "//v1//models" as "/v1/models": a base URL that ends in a slash is the commonest slip of all.
std::string single_slashes(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || !out.ends_with('/')) out += c;
  }
  return out;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::vector<Served> served_paths() {
  std::vector<Served> out;
  for (const auto& entry : table) out.push_back({entry.path, entry.methods});
  out.push_back({"/v1/models/{id}", "GET"});
  out.push_back({"/v1/responses/{id}", "GET, DELETE"});
  out.push_back({"/v1/responses/{id}/input_items", "GET"});
  out.push_back({"/api/blobs/{digest}", "POST"});
  return out;
}

core::Surface surface_of(std::string_view path) noexcept {
  while (path.starts_with("//")) path.remove_prefix(1);
  if (is_messages(path)) return Surface::anthropic_messages;
  return path.starts_with("/api/") || path == "/api" ? Surface::ollama_chat : Surface::openai_chat;
}

core::Result<Route> route(std::string_view method, std::string_view path) {
  if (path.find("//") != std::string_view::npos) return route(method, single_slashes(path));
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto answer = [&](Page page, Surface surface, std::string_view methods,
                          std::string rest) -> core::Result<Route> {
    if (method == "OPTIONS") return Route{Page::preflight, surface, {}};
    if (!allows(methods, method)) {
      return core::fail(core::Cause::method_not_allowed,
                        "The method " + std::string(method.substr(0, 20)) + " is not served here; use " +
                            std::string(methods) + ".",
                        std::string(methods));
    }
    return Route{page, surface, std::move(rest)};
  };
  for (const auto& entry : table) {
    if (entry.path == path) return answer(entry.page, entry.surface, entry.methods, {});
  }
  if (path.starts_with(model_prefix)) {
    return answer(Page::model, Surface::openai_chat, "GET",
                  percent_decoded(path.substr(model_prefix.size())));
  }
  if (path.starts_with(response_prefix)) {
    return answer(Page::response, Surface::openai_responses,
                  path.ends_with("/input_items") ? "GET" : "GET, DELETE",
                  percent_decoded(path.substr(response_prefix.size())));
  }
  if (path.starts_with(admin_prefix)) {
    // Which methods an admin verb takes is its own affair.
    return answer(Page::admin, Surface::openai_chat, method,
                  percent_decoded(path.substr(admin_prefix.size())));
  }
  if (path.starts_with(blobs_prefix)) return Route{Page::ollama_management, Surface::ollama_chat, {}};
  return unknown_path(path);
}

}  // namespace codecrucible::gateway

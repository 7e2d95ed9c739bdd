#include "gateway/routes.hpp"

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

core::Failure unknown_path(std::string_view path) {
  std::string detail = "There is nothing at " + std::string(path.substr(0, 200)) + ".";
  if (path.starts_with("/v1/v1")) {
    detail += " The base URL already ends in /v1: take one of the two away.";
  } else if (path == "/chat/completions" || path == "/completions" || path == "/embeddings" ||
             path == "/models") {
    detail += " Did you mean /v1" + std::string(path) + "? The base URL for OpenAI clients ends in /v1.";
  } else if (is_messages(path)) {
    detail +=
        " Anthropic's clients find /v1/messages and /v1/messages/count_tokens; their base URL has no /v1.";
  } else {
    detail += " OpenAI clients use /v1/…, Ollama clients /api/…, Anthropic's /v1/messages.";
  }
  return core::fail(core::Cause::not_found, std::move(detail));
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
  if (is_messages(path)) return Surface::anthropic_messages;
  return path.starts_with("/api/") || path == "/api" ? Surface::ollama_chat : Surface::openai_chat;
}

core::Result<Route> route(std::string_view method, std::string_view path) {
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

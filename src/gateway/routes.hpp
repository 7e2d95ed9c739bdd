#pragma once

#include "core/chat.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// Everything that is served, one name each.
enum class Page : std::uint8_t {
  chat,          // any surface that answers with a completion
  response,      // one that was kept: /v1/responses/{id}
  embeddings,    // any surface that answers with vectors
  count_tokens,  // Anthropic's
  models,
  model,
  ollama_root,
  ollama_tags,
  ollama_ps,
  ollama_show,
  ollama_version,
  ollama_management,  // pull, push, create, copy, delete: refused with a reason
  healthz,
  readyz,
  metrics,
  openapi,
  admin,
  feedback,
  preflight,
};

struct Route {
  Page page = Page::chat;
  core::Surface surface = core::Surface::openai_chat;
  std::string rest;  // percent-decoded remainder: the id of /v1/models/{id} or /v1/responses/{id}, the verb
                     // of /admin/{verb}
};

// Finds who serves a path. Failure{not_found} names the nearest thing that would work;
// Failure{method_not_allowed} carries the allowed methods in `param`.
core::Result<Route> route(std::string_view method, std::string_view path);

// The paths of the table, with {…} where anything may stand, and the methods they take. /admin/… has its own.
struct Served {
  std::string_view path;
  std::string_view methods;  // ", " between them
};
std::vector<Served> served_paths();

// Dialect in which an error on this path is told, also when the path is unknown.
core::Surface surface_of(std::string_view path) noexcept;

// %XX decoded; broken escapes stay as they are.
std::string percent_decoded(std::string_view text);

}  // namespace codecrucible::gateway

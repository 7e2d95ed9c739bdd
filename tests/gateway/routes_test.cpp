#include "gateway/routes.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;

TEST_CASE("routes: every surface has its page, with and without a slash at the end") {
  CHECK(route("POST", "/v1/chat/completions")->surface == core::Surface::openai_chat);
  CHECK(route("POST", "/v1/chat/completions/")->page == Page::chat);
  CHECK(route("POST", "/v1/completions")->surface == core::Surface::openai_completions);
  CHECK(route("POST", "/v1/messages")->surface == core::Surface::anthropic_messages);
  CHECK(route("POST", "/v1/messages")->page == Page::chat);
  CHECK(route("POST", "/v1/messages/count_tokens")->page == Page::count_tokens);
  CHECK(route("POST", "/api/chat")->surface == core::Surface::ollama_chat);
  CHECK(route("POST", "/api/generate")->surface == core::Surface::ollama_generate);
  CHECK(route("POST", "/api/embed")->page == Page::embeddings);
  CHECK(route("GET", "/")->page == Page::ollama_root);
  CHECK(route("HEAD", "/")->page == Page::ollama_root);
  CHECK(route("GET", "/metrics")->page == Page::metrics);
  CHECK(route("DELETE", "/api/delete")->page == Page::ollama_management);
}

TEST_CASE("routes: a model's id may hold slashes, plain or escaped") {
  CHECK(route("GET", "/v1/models/org/name")->rest == "org/name");
  CHECK(route("GET", "/v1/models/org%2Fname")->rest == "org/name");
  CHECK(route("GET", "/v1/models/a%3Ab")->rest == "a:b");
  CHECK(route("GET", "/v1/models")->page == Page::models);
}

TEST_CASE("routes: a wrong method is told with those that work, an unknown path with what is near") {
  const auto wrong = route("GET", "/v1/chat/completions");
  REQUIRE(!wrong.has_value());
  CHECK(wrong.error().cause == core::Cause::method_not_allowed);
  CHECK(wrong.error().param == "POST");
  const auto doubled = route("POST", "/v1/v1/chat/completions");
  REQUIRE(!doubled.has_value());
  CHECK(doubled.error().cause == core::Cause::not_found);
  CHECK(doubled.error().detail.find("ends in /v1") != std::string::npos);
  CHECK(route("POST", "/chat/completions").error().detail.find("/v1/chat/completions") != std::string::npos);
  CHECK(route("POST", "/v1/nothing").error().cause == core::Cause::not_found);
  CHECK(route("OPTIONS", "/v1/chat/completions")->page == Page::preflight);
}

TEST_CASE("routes: slashes too many are forgiven") {
  CHECK(route("POST", "//v1/chat/completions")->page == Page::chat);
  CHECK(route("POST", "/v1//chat/completions/")->page == Page::chat);
  CHECK(route("GET", "//v1/models//org/name")->rest == "org/name");
  CHECK(route("GET", "//")->page == Page::ollama_root);
  CHECK(surface_of("//api/nothing") == core::Surface::ollama_chat);
}

TEST_CASE("routes: who is near a path is told which") {
  const auto told = [](const char* path) { return route("POST", path).error().detail; };
  for (const char* path :
       {"/chat/completions", "/openai/v1/chat/completions", "/api/v1/chat/completions",
        "/api/chat/completions", "/V1/Chat/Completions", "/v1/chat/completion", "/v1/chat"}) {
    CAPTURE(path);
    CHECK(told(path).find("Did you mean /v1/chat/completions?") != std::string::npos);
  }
  CHECK(told("/v1/api/chat").find("Did you mean /api/chat?") != std::string::npos);
  CHECK(told("/api/v1/models").find("Did you mean /v1/models?") != std::string::npos);
  CHECK(told("/responses").find("Did you mean /v1/responses?") != std::string::npos);
  CHECK(told("/ready").find("Did you mean /readyz?") != std::string::npos);
  CHECK(told("/livez").find("Did you mean /healthz?") != std::string::npos);
  CHECK(told("/v1").find("base URL") != std::string::npos);
  CHECK(told("/v1/images/generations").find("not this service") != std::string::npos);
  CHECK(told("/favicon.ico").find("Did you mean") == std::string::npos);
}

TEST_CASE("routes: an error is told in the dialect of the path") {
  CHECK(surface_of("/api/whatever") == core::Surface::ollama_chat);
  CHECK(surface_of("/v1/whatever") == core::Surface::openai_chat);
  for (const char* path : {"/v1/messages", "/v1/messages/batches", "/messages", "/v1/v1/messages"}) {
    CAPTURE(path);
    CHECK(surface_of(path) == core::Surface::anthropic_messages);
  }
  CHECK(surface_of("/v1/messages2") == core::Surface::openai_chat);
  CHECK(surface_of("") == core::Surface::openai_chat);
}

TEST_CASE("routes: broken escapes stay as they are") {
  CHECK(percent_decoded("a%2") == "a%2");
  CHECK(percent_decoded("a%zz") == "a%zz");
  CHECK(percent_decoded("%41%42") == "AB");
  CHECK(percent_decoded("100%") == "100%");
}

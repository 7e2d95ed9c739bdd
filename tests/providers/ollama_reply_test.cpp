#include "core/result.hpp"
#include "providers/kinds.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using core::Cause;

TEST_CASE("ollama failures: D15 words decide, then the status") {
  const auto cause = [](int status, std::string_view body) {
    return providers::ollama().failure_of(status, body).cause;
  };
  // Evicted in the middle of an answer: another try may do better.
  CHECK(cause(400, R"({"error":"Model unloaded."})") == core::Cause::backend_error);
  CHECK(cause(400, R"({"error":"the prompt is longer than the context length currently available, 4096"})") ==
        Cause::context_length);
  CHECK(cause(500, R"({"error":"the request exceeds the available context size"})") == Cause::context_length);
  CHECK(cause(400, R"({"error":"the input length exceeds the context length"})") == Cause::context_length);
  CHECK(cause(404, R"({"error":"model 'x' not found"})") == Cause::backend_model_missing);
  CHECK(cause(404, R"({"error":"model \"x\" not found, try pulling it first"})") ==
        Cause::backend_model_missing);
  CHECK(cause(404, "404 page not found") == Cause::backend_rejected);
  CHECK(cause(503, R"({"error":"server busy, please try again.  maximum pending requests exceeded"})") ==
        Cause::overloaded);
  CHECK(cause(500, R"({"error":"model requires more system memory than is available"})") ==
        Cause::backend_error);
  CHECK(cause(500, R"({"error":"llama runner process has terminated: signal: killed"})") ==
        Cause::backend_error);
  CHECK(cause(401, R"({"error":"unauthorized","signin_url":"https://x"})") == Cause::backend_auth);
  CHECK(cause(403, "") == Cause::backend_auth);
  CHECK(cause(400, R"({"error":"\"x\" does not support tools"})") == Cause::backend_rejected);
  CHECK(cause(429, R"({"error":"slow down"})") == Cause::overloaded);
  CHECK(cause(502, "<html>bad gateway</html>") == Cause::backend_error);
}

TEST_CASE("ollama failures: what the server said is told, whatever it was") {
  const auto detail = [](int status, std::string_view body) {
    return providers::ollama().failure_of(status, body).detail;
  };
  CHECK(detail(500, R"({"error":"boom"})") == "Ollama: boom");
  CHECK(detail(500, R"({"error":{"message":"boom"}})") == "Ollama: boom");
  CHECK(detail(500, "plain\nmore") == "Ollama: plain");
  CHECK(detail(500, "") == "Ollama: HTTP 500");
  CHECK(detail(500, "\xff\xfe") == "Ollama: HTTP 500");
  CHECK(detail(500, std::string(5000, 'x')).size() < 500);
}

TEST_CASE("ollama embeddings: both replies are read, everything else is refused") {
  auto now = providers::decode_ollama_embeddings(
      R"({"model":"e","embeddings":[[0.5,-1e-3],[1,2]],"total_duration":5,"prompt_eval_count":7})");
  REQUIRE(now.has_value());
  REQUIRE(now->vectors.size() == 2);
  CHECK(now->vectors[0] == std::vector<float>{0.5F, -1e-3F});
  CHECK(now->vectors[1] == std::vector<float>{1, 2});
  CHECK(now->usage.prompt_tokens == 7);
  auto old = providers::decode_ollama_embeddings(R"({"embedding":[1,2,3]})");
  REQUIRE(old.has_value());
  CHECK(old->vectors.size() == 1);
  CHECK(old->vectors[0].size() == 3);
  CHECK(providers::decode_ollama_embeddings(R"({"embeddings":[]})")->vectors.empty());
  for (const std::string_view wrong : {"", "[]", "{}", R"({"embeddings":[["a"]]})", R"({"embeddings":{}})",
                                       R"({"embeddings":[[1,2)", R"({"embedding":null})"}) {
    CAPTURE(wrong);
    const auto result = providers::decode_ollama_embeddings(wrong);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().cause == Cause::garbage);
  }
  CHECK(providers::decode_ollama_embeddings(R"({"error":"model 'x' not found"})").error().cause ==
        Cause::backend_model_missing);
}

#include "core/failure.hpp"
#include "wire/openai/backend_error.hpp"

#include <doctest/doctest.h>

#include <string>

using codecrucible::core::Cause;
using codecrucible::wire::openai::backend_failure;
using codecrucible::wire::openai::error_in;

TEST_CASE("openai errors: overflow is recognised in the words of every server - D15") {
  struct Row {
    int status;
    std::string body;
    std::int64_t needed, window;  // 0: the text does not say
  };
  for (
      const auto& row :
      {Row{400,
           R"j({"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."})j",
           5000, 4096},
       Row{400,
           R"j({"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 5000 >= n_ctx: 4096)"})j",
           5000, 4096},
       Row{200,
           R"j({"error":{"message":"Input does not fit in context length. The input has 5000 tokens, but the context length only supports 4096 tokens."}})j",
           5000, 4096},
       Row{500, R"j({"error":"Context size has been exceeded."})j", 0, 0},
       Row{400,
           R"j({"error":{"code":400,"message":"the request exceeds the available context size. try increasing the context size","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}})j",
           5000, 4096},
       Row{400,
           R"j({"error":{"code":400,"message":"request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error"}})j",
           5000, 4096},
       Row{400,
           R"j({"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the messages, 100 in the completion).","type":"BadRequestError","param":null,"code":400})j",
           5000, 4096},
       Row{400,
           R"j({"error":{"message":"x","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}})j",
           0, 0}}) {
    CAPTURE(row.body);
    const auto failure = backend_failure(row.status, row.body);
    CHECK(failure.cause == Cause::context_length);
    CHECK(failure.needed_tokens.value_or(0) == row.needed);
    CHECK(failure.window_tokens.value_or(0) == row.window);
  }
}

TEST_CASE("openai errors: status and text give the cause") {
  const auto cause = [](int status, const char* body) { return backend_failure(status, body).cause; };
  CHECK(cause(401, R"j({"error":{"type":"invalid_request","code":"invalid_api_key","message":"no"}})j") ==
        Cause::backend_auth);
  CHECK(cause(403, "") == Cause::backend_auth);
  CHECK(cause(503, R"j({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})j") ==
        Cause::loading);
  CHECK(cause(503, "busy") == Cause::overloaded);
  CHECK(cause(429, "{}") == Cause::overloaded);
  CHECK(
      cause(
          404,
          R"j({"error":{"message":"x","type":"invalid_request_error","param":"model","code":"model_not_found"}})j") ==
      Cause::backend_model_missing);
  CHECK(
      cause(
          404,
          R"j({"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404})j") ==
      Cause::backend_model_missing);
  CHECK(cause(400, R"j({"error":"Invalid model identifier 'x'"})j") == Cause::backend_model_missing);
  CHECK(cause(400, R"j({"error":"No models loaded. Please load a model"})j") == Cause::backend_model_missing);
  CHECK(cause(404, R"j({"detail":"Not Found"})j") == Cause::backend_rejected);
  CHECK(cause(400, R"j({"error":"'response_format.type' must be 'json_schema' or 'text'"})j") ==
        Cause::backend_rejected);
  CHECK(cause(422, R"j({"detail":[{"loc":["body"],"msg":"field required"}]})j") == Cause::backend_rejected);
  CHECK(cause(500, "Internal Server Error") == Cause::backend_error);
  CHECK(cause(500, R"j({"error":{"message":"The model has crashed"}})j") == Cause::backend_error);
  CHECK(cause(400, R"j({"error":"Model unloaded."})j") == Cause::backend_error);
  CHECK(cause(200, R"j({"error":"Unexpected endpoint or method. (GET /x)"})j") == Cause::backend_rejected);
  CHECK(cause(200, R"j({"error":{"message":"x","code":503,"type":"unavailable_error"}})j") ==
        Cause::overloaded);
  CHECK(cause(408, "") == Cause::timeout);
}

TEST_CASE("openai errors: a redirect is told as what it is") {
  const auto failure = backend_failure(307, "<html>Temporary Redirect</html>");
  CHECK(failure.cause == Cause::backend_error);
  CHECK(failure.detail.find("307") != std::string::npos);
  CHECK(failure.detail.find("url") != std::string::npos);
}

TEST_CASE("openai errors: the message is always valid and bounded text") {
  CHECK(backend_failure(500, "\xFF\xFE\x01<b>").detail == "   <b>");
  CHECK_FALSE(backend_failure(500, "").detail.empty());
  const std::string many = R"({"error":"a)" + std::string(5000, 'x') + "\"}";
  CHECK(backend_failure(400, many).detail.size() < 1100);
  std::string accents = R"({"error":"a)";
  for (int i = 0; i < 2000; ++i) accents += "\xC3\xA9";
  const std::string cut = backend_failure(400, accents + "\"}").detail;
  CHECK(cut.substr(cut.size() - 6, 2) == "\xC3\xA9");
}

TEST_CASE("openai errors: an error body is known by its shape whatever the status - D6") {
  CHECK(error_in(R"j({"error":"x"})j"));
  CHECK(error_in(R"j({"object":"error","message":"x"})j"));
  CHECK_FALSE(error_in(R"j({"error":null,"choices":[]})j"));
  CHECK_FALSE(error_in(R"j({"error":"x","data":[]})j"));
  CHECK_FALSE(error_in(R"j({"choices":[]})j"));
  CHECK_FALSE(error_in("[]"));
  CHECK_FALSE(error_in("nothing"));
}

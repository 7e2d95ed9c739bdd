#include "providers/model_lists.hpp"
#include "providers/provider.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codecrucible;
using core::ProviderKind;
using providers::ProbeReply;

namespace {

ProbeReply reply(std::string_view body, int status = 200) {
  ProbeReply one;
  one.status = status;
  one.content_type = "application/json";
  one.body = body;
  return one;
}

// The paths a prober walks, with these answers.
std::vector<std::string> walk(ProviderKind kind, const std::vector<ProbeReply>& answers,
                              core::Result<providers::Listing>& listing) {
  const auto& provider = providers::provider_for(kind);
  std::vector<std::string> paths;
  std::vector<ProbeReply> so_far;
  while (const auto probe = provider.next_probe(so_far)) {
    paths.push_back(probe->path);
    REQUIRE(so_far.size() < answers.size());
    so_far.push_back(answers[so_far.size()]);
  }
  listing = provider.parse_listing(so_far);
  return paths;
}

using Paths = std::vector<std::string>;

constexpr std::string_view unknown = R"({"error":"Unexpected endpoint or method."})";

}  // namespace

TEST_CASE("openai listing: LM Studio 0.4 tells what is loaded, with which window and slots") {
  core::Result<providers::Listing> listing{core::Failure{}};
  const auto paths = walk(ProviderKind::lmstudio, {reply(R"({"models":[
    {"type":"llm","key":"qwen/qwen3-8b","params_string":"8B","size_bytes":5000000000,"max_context_length":40960,
     "loaded_instances":[{"id":"qwen/qwen3-8b","config":{"context_length":8192,"parallel":4}},{"id":"qwen/qwen3-8b:2","config":{"context_length":4096}}],
     "capabilities":{"vision":true,"trained_for_tool_use":false,"reasoning":{"allowed_options":["on","off"],"default":"on"}}},
    {"type":"llm","key":"cold","max_context_length":2048,"loaded_instances":[]},
    {"type":"embedding","key":"nomic","loaded_instances":[]}]})")},
                          listing);
  CHECK(paths == Paths{"/api/v1/models"});
  REQUIRE(listing.has_value());
  const auto& models = listing->models;
  REQUIRE(models.size() == 4);
  CHECK(models[0].id == "qwen/qwen3-8b");
  CHECK(models[0].resident);
  CHECK(models[0].window == 8192);
  CHECK(models[0].max_window == 40960);
  CHECK(models[0].slots == 4);
  CHECK(models[0].parameters_billion == 8);
  CHECK(models[0].can.vision);
  CHECK(models[0].can.thinking);
  CHECK_FALSE(models[0].can.tools);
  CHECK_FALSE(models[0].can.logprobs);
  CHECK(models[1].id == "qwen/qwen3-8b:2");
  CHECK_FALSE(models[2].resident);
  CHECK(models[3].can.embeddings);
  CHECK_FALSE(models[3].can.chat);
}

TEST_CASE("openai listing: older LM Studio is asked its older ways - D6") {
  core::Result<providers::Listing> listing{core::Failure{}};
  const auto v0 = reply(
      R"({"object":"list","data":[{"id":"a","type":"vlm","state":"loaded","max_context_length":8192,"loaded_context_length":4096,"capabilities":["tool_use"]},
    {"id":"b","type":"embeddings","state":"not-loaded"}]})");
  CHECK(walk(ProviderKind::lmstudio, {reply(unknown), v0}, listing) ==
        Paths{"/api/v1/models", "/api/v0/models"});
  REQUIRE(listing.has_value());
  CHECK(listing->models[0].window == 4096);
  CHECK(listing->models[0].resident);
  CHECK(listing->models[0].can.vision);
  CHECK(listing->models[1].can.embeddings);
  const auto v1 =
      reply(R"({"object":"list","data":[{"id":"a","object":"model","owned_by":"organization_owner"}]})");
  CHECK(walk(ProviderKind::lmstudio, {reply(unknown), reply(unknown), v1}, listing).size() == 3);
  REQUIRE(listing.has_value());
  CHECK(listing->models.size() == 1);
  CHECK_FALSE(listing->models[0].resident);
}

TEST_CASE("openai listing: what is no list is a failure with its cause, whatever the status - D7") {
  core::Result<providers::Listing> listing{core::Failure{}};
  walk(ProviderKind::lmstudio, {reply(unknown), reply(unknown), reply(unknown)}, listing);
  REQUIRE_FALSE(listing.has_value());
  CHECK(listing.error().cause == core::Cause::backend_rejected);
  walk(ProviderKind::lmstudio, {reply("", 401), reply("", 401), reply("", 401)}, listing);
  CHECK(listing.error().cause == core::Cause::backend_auth);
  walk(ProviderKind::openai, {reply("<html>hello</html>")}, listing);
  CHECK(listing.error().cause == core::Cause::garbage);
  walk(ProviderKind::openai, {reply("{\"data\":5}")}, listing);
  CHECK(listing.error().cause == core::Cause::garbage);
}

TEST_CASE("openai listing: llama.cpp's window and slots come from its props") {
  core::Result<providers::Listing> listing{core::Failure{}};
  const auto models = reply(
      R"({"object":"list","data":[{"id":"gpt-oss","object":"model","owned_by":"llamacpp","meta":{"n_ctx_train":131072,"n_params":20900000000,"size":12000000000}}]})");
  const auto props = reply(
      R"({"default_generation_settings":{"n_ctx":16384},"total_slots":2,"build_info":"b6500-abc","modalities":{"vision":true}})");
  CHECK(walk(ProviderKind::llamacpp, {models, props}, listing) == Paths{"/v1/models", "/props"});
  REQUIRE(listing.has_value());
  CHECK(listing->version == "b6500-abc");
  CHECK(listing->models[0].resident);
  CHECK(listing->models[0].window == 16384);
  CHECK(listing->models[0].max_window == 131072);
  CHECK(listing->models[0].slots == 2);
  CHECK(listing->models[0].parameters_billion == 20.9);
  CHECK(listing->models[0].can.vision);
  CHECK(listing->models[0].can.logprobs);
  walk(ProviderKind::llamacpp, {models, reply("", 404)}, listing);
  CHECK(listing.has_value());
  const auto busy =
      reply(R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})", 503);
  CHECK(walk(ProviderKind::llamacpp, {busy}, listing) == Paths{"/v1/models"});
  CHECK(listing.error().cause == core::Cause::loading);
}

TEST_CASE("openai listing: vLLM tells its window and version") {
  core::Result<providers::Listing> listing{core::Failure{}};
  walk(ProviderKind::vllm,
       {reply(R"({"object":"list","data":[{"id":"m","max_model_len":32768,"owned_by":"vllm"}]})"),
        reply(R"({"version":"0.9.2"})")},
       listing);
  REQUIRE(listing.has_value());
  CHECK(listing->version == "0.9.2");
  CHECK(listing->models[0].window == 32768);
  CHECK(listing->models[0].can.vision);  // not told: the server itself refuses
  CHECK(listing->models[0].can.thinking);
}

TEST_CASE("openai listing: LM Studio loads explicitly with the pinned window") {
  providers::Target target;
  target.model = "a \"b\"";
  target.num_ctx = 8192;
  const auto probe = providers::provider_for(ProviderKind::lmstudio).load_call(target);
  REQUIRE(probe);
  CHECK(probe->method == "POST");
  CHECK(probe->path == "/api/v1/models/load");
  CHECK(probe->body == R"({"model":"a \"b\"","context_length":8192})");
  CHECK_FALSE(providers::provider_for(ProviderKind::vllm).load_call(target));
}

TEST_CASE("openai listing: parameter counts in words") {
  CHECK(providers::billions_in("7B") == 7);
  CHECK(providers::billions_in("8x7B") == 56);
  CHECK(providers::billions_in("360M") == doctest::Approx(0.36));
  CHECK_FALSE(providers::billions_in(""));
  CHECK_FALSE(providers::billions_in("large"));
}

TEST_CASE("openai listing: embeddings are read in order of index, as floats or base64") {
  const auto floats = providers::decode_embeddings(
      ProviderKind::lmstudio,
      R"({"object":"list","data":[{"index":1,"embedding":[2,3e-1]},{"index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":4,"total_tokens":4}})");
  REQUIRE(floats.has_value());
  CHECK(floats->vectors == std::vector<std::vector<float>>{{0.5F}, {2.0F, 0.3F}});
  CHECK(floats->usage.prompt_tokens == 4);
  const auto text = providers::decode_embeddings(ProviderKind::vllm,
                                                 R"({"data":[{"index":0,"embedding":"AAAAPwAAgL8="}]})");
  REQUIRE(text.has_value());
  CHECK(text->vectors[0] == std::vector<float>{0.5F, -1.0F});
  for (const std::string body :
       {R"({"error":"Model is not embedding"})", "{}", "[", R"({"data":[{"embedding":["x"]}]})"}) {
    CHECK_FALSE(providers::decode_embeddings(ProviderKind::openai, body).has_value());
  }
}

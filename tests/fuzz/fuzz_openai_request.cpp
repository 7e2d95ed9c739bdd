#include "cuts.hpp"
#include "wire/json_reader.hpp"
#include "wire/openai/body_writer.hpp"
#include "wire/openai/client.hpp"

namespace {

using namespace codecrucible;

bool valid(std::string_view text) {
  wire::JsonReader json(text);
  return json.skip() && json.at_end();
}

bool inside(const wire::openai::Span& span, std::string_view body) {
  return std::size_t{span.at} + span.size <= body.size();
}

void try_chat(std::string_view body, bool completion) {
  core::Arena arena;
  core::ChatRequest request(arena);
  wire::openai::SourceMap source;
  const auto result = completion ? wire::openai::decode_completion(body, arena, request, source)
                                 : wire::openai::decode_chat(body, arena, request, source);
  if (!result) {
    fuzz::require(valid(wire::openai::error_body(result.error(), "r")));
    return;
  }
  fuzz::require(valid(body) && inside(source.model, body));
  // What was understood can be said again, and with its model replaced the body is still JSON.
  std::string written;
  wire::openai::BodyStyle style;
  style.model = "m";
  const auto body_written = completion ? wire::openai::write_completion_body(request, style, written)
                                       : wire::openai::write_chat_body(request, style, written);
  fuzz::require(!body_written || valid(written));
  std::vector<wire::openai::Splice> splices = {{source.model, "\"m\""}};
  if (source.max_tokens_member) splices.push_back({*source.max_tokens_member, {}});
  for (const auto& role : source.developer_roles) splices.push_back({role, "\"system\""});
  for (const auto& content : source.null_contents) splices.push_back({content, "\"\""});
  for (const auto open : source.missing_contents) splices.push_back({{open, 0}, "\"content\":\"\","});
  fuzz::require(valid(wire::openai::splice(body, splices)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  try_chat(body, false);
  try_chat(body, true);
  core::Arena arena;
  core::EmbeddingsRequest request(arena);
  if (wire::openai::decode_embeddings(body, arena, request)) fuzz::require(valid(body));
  return 0;
}

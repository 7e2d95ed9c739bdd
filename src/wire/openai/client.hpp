#pragma once

#include "core/chat.hpp"
#include "core/result.hpp"
#include "wire/dialect.hpp"
#include "wire/openai/source_map.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::openai {

// Client side of the OpenAI dialect. `body` is followed by 64 readable bytes; views in the result point into
// it or into `arena`. Failure{bad_request} names the field at fault; unknown fields are kept, never an error.
core::Result<void> decode_chat(std::string_view body, core::Arena& arena, core::ChatRequest& request,
                               SourceMap& source);
core::Result<void> decode_completion(std::string_view body, core::Arena& arena, core::ChatRequest& request,
                                     SourceMap& source);
core::Result<void> decode_embeddings(std::string_view body, core::Arena& arena,
                                     core::EmbeddingsRequest& request);

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context);
std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context);
std::string error_body(const core::Failure& failure, std::string_view request_id);

// `base64` = little-endian float32 as the official SDKs ask for.
void write_embeddings(const std::vector<std::vector<float>>& vectors, const core::Usage& usage,
                      std::string_view model, bool base64, std::string& out);

// One line of /v1/models. `extra` holds further members as JSON text starting with a comma, or is empty.
struct ModelLine {
  std::string_view id;
  std::string_view owned_by;
  std::int64_t created = 0;
  std::string extra;
};
void write_model(const ModelLine& line, std::string& out);
void write_models(const std::vector<ModelLine>& lines, std::string& out);

}  // namespace codecrucible::wire::openai

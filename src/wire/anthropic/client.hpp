#pragma once

#include "core/chat.hpp"
#include "core/result.hpp"
#include "wire/dialect.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::anthropic {

// What a client of Messages wants of the reply and what core::ChatRequest has no name for.
struct Wishes {
  bool show_thinking = false;  // it enabled thinking: reasoning is shown as thinking blocks
  bool one_call = false;       // disable_parallel_tool_use
};

// Client side of the Messages dialect. `body` is followed by 64 readable bytes; views in the result point
// into it or into `arena`. Failure{bad_request} names the field at fault. Fields that steer Anthropic's own
// service are passed over and never reach a backend (traps C14); `thread` is refused, because the messages
// that it stands for are not kept here.
core::Result<void> decode(std::string_view body, core::Arena& arena, core::ChatRequest& request,
                          Wishes& wishes);
// The body of /v1/messages/count_tokens: the same without `max_tokens`.
core::Result<void> decode_count(std::string_view body, core::Arena& arena, core::ChatRequest& request);

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context);
std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context);
// `request_id` may be empty.
std::string error_body(const core::Failure& failure, std::string_view request_id);

void write_count(std::int64_t tokens, std::string& out);

// One line of /v1/models.
struct ModelLine {
  std::string_view id;
  std::optional<std::int64_t> window;
};
void write_model(const ModelLine& line, std::string& out);
// The whole list as one page.
void write_models(const std::vector<ModelLine>& lines, std::string& out);

// The signature of our own thinking blocks. They come back in the next request, and only these are handed to
// a backend: the reasoning of other services means nothing to it (traps C15).
inline constexpr std::string_view own_signature = "codecrucible";

}  // namespace codecrucible::wire::anthropic

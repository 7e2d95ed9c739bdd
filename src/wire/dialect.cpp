#include "wire/dialect.hpp"

#include "wire/anthropic/client.hpp"
#include "wire/ollama/client.hpp"
#include "wire/openai/client.hpp"
#include "wire/responses/client.hpp"

namespace codecrucible::wire {

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context) {
  if (context.surface == core::Surface::anthropic_messages) return anthropic::make_stream_encoder(context);
  if (context.surface == core::Surface::openai_responses) return responses::make_stream_encoder(context);
  return core::is_ollama(context.surface) ? ollama::make_stream_encoder(context)
                                          : openai::make_stream_encoder(context);
}

std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context) {
  if (context.surface == core::Surface::anthropic_messages) return anthropic::make_whole_encoder(context);
  if (context.surface == core::Surface::openai_responses) return responses::make_whole_encoder(context);
  return core::is_ollama(context.surface) ? ollama::make_whole_encoder(context)
                                          : openai::make_whole_encoder(context);
}

std::string_view stream_content_type(core::Surface surface) noexcept {
  return core::is_ollama(surface) ? "application/x-ndjson" : "text/event-stream";
}

int status_of(core::Surface surface, core::Cause cause) noexcept {
  const int status = core::http_status(cause);
  return surface == core::Surface::anthropic_messages && status == 503 ? 529 : status;
}

std::string error_body(core::Surface surface, const core::Failure& failure, std::string_view request_id) {
  if (surface == core::Surface::anthropic_messages) return anthropic::error_body(failure, request_id);
  if (surface == core::Surface::openai_responses) return responses::error_body(failure, request_id);
  return core::is_ollama(surface) ? ollama::error_body(failure) : openai::error_body(failure, request_id);
}

}  // namespace codecrucible::wire

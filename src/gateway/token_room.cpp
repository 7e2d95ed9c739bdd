#include "gateway/token_room.hpp"

#include "core/tokens.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::gateway {
namespace {

// Marks of the chat template around a message or a tool; what a vision model makes of a picture of usual
// size.
constexpr std::int64_t tokens_per_message = 5;
constexpr std::int64_t tokens_per_tool = 12;
constexpr std::int64_t tokens_per_image = 1200;
constexpr double unlearned = 1.1;  // on top of an estimate that was never compared with the model's own count

bool bends(const core::ChatRequest& request) {
  return request.surface == core::Surface::anthropic_messages;
}

}  // namespace

std::int64_t counted_tokens(const core::ChatRequest& request, double token_factor) {
  std::int64_t frame = 0;
  for (const auto& message : request.messages) {
    frame += tokens_per_message;
    for (const auto& part : message.parts) {
      if (part.kind == core::Part::Kind::image) frame += tokens_per_image;
    }
    frame += tokens_per_message * static_cast<std::int64_t>(message.tool_calls.size());
    frame += core::estimate_tokens(message.reasoning);
  }
  frame += tokens_per_tool * static_cast<std::int64_t>(request.tools.size());
  const double factor = token_factor == 1 ? unlearned : token_factor;
  return static_cast<std::int64_t>(std::ceil(core::estimate_tokens(request) * factor)) + frame;
}

std::optional<std::int64_t> needed_room(const core::ChatRequest& request, std::int64_t reserve) {
  if (!bends(request) || !request.max_tokens) return request.max_tokens;
  return std::min(*request.max_tokens, reserve);
}

std::optional<std::int64_t> answer_limit(const core::ChatRequest& request, const core::ModelView& model,
                                         std::optional<std::int64_t> wanted, std::int64_t prompt_tokens) {
  if (!bends(request) || !wanted || !model.window) return wanted;
  const auto prompt =
      static_cast<std::int64_t>(std::llround(static_cast<double>(prompt_tokens) * model.token_factor));
  // The estimate may be short of the truth, and servers that add up prompt and limit would refuse.
  const auto margin = prompt / 16 + 32;
  const auto room = *model.window - prompt;
  return std::clamp<std::int64_t>(std::min(*wanted, room - margin), 1, std::max<std::int64_t>(1, *wanted));
}

}  // namespace codecrucible::gateway

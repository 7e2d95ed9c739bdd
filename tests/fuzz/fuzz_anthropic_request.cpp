#include "cuts.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/json_reader.hpp"
#include "wire/openai/body_writer.hpp"

namespace {

using namespace codecrucible;

bool valid(std::string_view text) {
  wire::JsonReader json(text);
  return json.skip() && json.at_end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  core::Arena arena;
  core::ChatRequest request(arena);
  wire::anthropic::Wishes wishes;
  const auto result = wire::anthropic::decode(body, arena, request, wishes);
  if (!result) {
    fuzz::require(valid(wire::anthropic::error_body(result.error(), "r")));
  } else {
    fuzz::require(valid(body) && !request.messages.empty() && request.max_tokens >= 1);
    // A system message stands first or nowhere, and what was understood can be said to a backend.
    for (std::size_t i = 1; i < request.messages.size(); ++i) {
      fuzz::require(request.messages[i].role != core::Role::system);
    }
    std::string written;
    wire::openai::BodyStyle style;
    style.model = "m";
    fuzz::require(wire::openai::write_chat_body(request, style, written).has_value() && valid(written));
  }
  core::Arena second;
  core::ChatRequest counted(second);
  if (wire::anthropic::decode_count(body, second, counted)) fuzz::require(valid(body));
  return 0;
}

#include "wire/ollama/backend.hpp"
#include "wire/ollama/relay.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace codecrucible;

namespace {

// What the events say, without how they were cut.
std::string told(const core::Events& events) {
  std::string story;
  for (const auto& event : events) {
    story += static_cast<char>('a' + static_cast<int>(event.kind));
    story.append(event.text).append(event.tool_id).append(event.tool_name) += '\n';
  }
  return story;
}

std::string read(std::string_view stream, std::size_t step) {
  const auto decoder = wire::ollama::make_stream_decoder();
  core::Events events;
  std::string story;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    decoder->feed(stream.substr(at, step), events);
    story += told(events);
    events.clear();
  }
  decoder->end(events);
  return story + told(events);
}

}  // namespace

// Any bytes as a backend's stream: the same events whole and byte by byte, and a relayed stream ends
// properly.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  if (read(stream, size + 1) != read(stream, 1)) std::abort();

  wire::ReplyContext context;
  context.surface = size % 2 == 0 ? core::Surface::ollama_chat : core::Surface::ollama_generate;
  const auto relay = wire::ollama::make_relay(context);
  std::string out;
  relay->feed(stream, out, nullptr);
  relay->end(out, nullptr);
  const auto& seen = relay->observed();
  if (seen.complete == seen.failure.has_value()) std::abort();

  core::Arena arena;
  core::Events events;
  wire::ollama::decode_whole(stream, arena, events);
  if (events.empty()) std::abort();
  return 0;
}

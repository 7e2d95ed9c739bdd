#include "cuts.hpp"
#include "wire/json_reader.hpp"
#include "wire/openai/backend.hpp"
#include "wire/openai/relay.hpp"
#include "wire/sse.hpp"

namespace {

using namespace codecrucible;

void note(const core::Events& events, std::string& out) {
  for (const auto& event : events) {
    out += std::to_string(static_cast<int>(event.kind)) + ':' + std::to_string(event.choice) + ':' +
           std::to_string(event.tool_index) + ':';
    out.append(event.text).append("|").append(event.tool_id).append("|").append(event.tool_name).append("\n");
  }
}

// The stream that goes to the client must be events of JSON, whatever came in.
void check_stream(std::string_view stream) {
  wire::SseReader reader;
  reader.feed(stream);
  wire::SseEvent event;
  while (reader.next(event)) {
    fuzz::require(event.plain);
    if (event.data == "[DONE]") continue;
    wire::JsonReader json(event.data);
    fuzz::require(json.skip() && json.at_end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  wire::ReplyContext context;
  context.id = "own";
  context.model = "m";
  context.include_usage = input.stride % 2 == 0;
  if (input.stride % 3 == 0) context.surface = core::Surface::openai_completions;

  std::string whole, split, whole_notes, split_notes;
  core::Events events;
  const auto first = wire::openai::make_relay(context);
  first->feed(input.bytes, whole, &events);
  note(events, whole_notes);
  events.clear();
  first->end(whole, &events);
  note(events, whole_notes);
  const auto second = wire::openai::make_relay(context);
  input.in_pieces([&](std::string_view piece) {
    events.clear();
    second->feed(piece, split, &events);
    note(events, split_notes);
  });
  events.clear();
  second->end(split, &events);
  note(events, split_notes);
  fuzz::require(whole == split && whole_notes == split_notes);
  check_stream(whole);

  const auto decoder = wire::openai::make_stream_decoder(false);
  input.in_pieces([&](std::string_view piece) {
    events.clear();
    decoder->feed(piece, events);
    note(events, split_notes);
  });
  events.clear();
  decoder->end(events);
  note(events, split_notes);

  core::Arena arena;
  events.clear();
  wire::openai::decode_whole(false, input.bytes, arena, events);
  note(events, split_notes);
  std::string storage;
  wire::openai::Observed observed;
  const auto body = wire::openai::relay_whole(context, input.bytes, storage, observed);
  wire::JsonReader json(body);
  fuzz::require(json.skip() && json.at_end());
  return 0;
}

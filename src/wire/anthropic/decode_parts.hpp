#pragma once

#include "core/chat.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/openai/request_reader.hpp"

#include <memory_resource>
#include <string_view>

namespace codecrucible::wire::anthropic {

using openai::RequestReader;

// The content of one message, sorted. What belongs to which role is settled when the role is known.
struct Content {
  explicit Content(core::Arena& arena)
      : parts(arena.resource()),
        calls(arena.resource()),
        results(arena.resource()),
        result_images(arena.resource()) {}
  std::pmr::vector<core::Part> parts;
  std::pmr::vector<core::ToolCall> calls;
  std::pmr::vector<core::Message> results;
  std::pmr::vector<core::Part> result_images;
  std::string_view reasoning;
};

// The pieces of a request that have a file of their own. Each reads the value that stands next and returns
// false when something was refused or broken (the reader knows what).
bool read_messages(RequestReader& in, core::ChatRequest& request);
bool read_content(RequestReader& in, Content& content);
// `system`: a string or text blocks.
bool read_system(RequestReader& in, std::pmr::vector<core::Part>& parts);
bool read_tools(RequestReader& in, core::ChatRequest& request);
bool read_tool_choice(RequestReader& in, core::ChatRequest& request);

// The `type` of the object that stands next, wherever it stands in it; empty if there is none. Nothing is
// passed.
std::string_view peek_type(const RequestReader& in);

// Calls `read(key)` for each member of the object that stands next.
template <class Read>
bool read_members(RequestReader& in, std::string_view field, Read read) {
  if (!in.enter_object(field)) return false;
  std::string_view key;
  while (in.next_key(key)) {
    if (!read(key)) return false;
  }
  return !in.json.failed();
}

}  // namespace codecrucible::wire::anthropic

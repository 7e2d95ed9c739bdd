#pragma once

#include "core/chat.hpp"
#include "wire/openai/request_reader.hpp"
#include "wire/openai/source_map.hpp"

#include <memory_resource>

namespace codecrucible::wire::openai {

// The pieces of a chat request that have a file of their own. Each reads the value that stands next and
// returns false when something was refused or broken (the reader knows what).
bool read_messages(RequestReader& in, core::ChatRequest& request, SourceMap& source);
bool read_content_parts(RequestReader& in, std::pmr::vector<core::Part>& parts);
// `data:image/png;base64,iVBOR…` or an http(s) address; `field` is where it stood.
bool take_image(RequestReader& in, std::string_view url, core::Image& image, std::string_view field);
bool read_tools(RequestReader& in, core::ChatRequest& request);
bool read_functions(RequestReader& in, core::ChatRequest& request);
bool read_tool_choice(RequestReader& in, core::ChatRequest& request, std::string_view field);
bool read_response_format(RequestReader& in, core::ChatRequest& request);
bool read_stop(RequestReader& in, core::ChatRequest& request);

}  // namespace codecrucible::wire::openai

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace codecrucible::wire::responses {

// A tool whose call is told to the client in another way than a plain function's.
struct SpecialTool {
  std::string_view sent;        // the name that the backend knows
  std::string_view name;        // the client's
  std::string_view name_space;  // the namespace tool that it belongs to; empty if none
  bool custom = false;          // takes free text: a backend sees a function with one string, "input"
};

// One item of the request's input as it came, with what has to be added to it before it is kept or listed.
struct InputItem {
  std::string_view raw;             // an object
  std::string_view role;            // of a message
  std::string_view content_string;  // content given as a string: its JSON, inside `raw`; empty otherwise
  bool has_id = false;
  bool has_type = false;  // a message may come without
};

// What a request of the Responses dialect says besides core::ChatRequest: what the reply repeats, and what is
// kept for later requests. Views point into the body, the arena or what was recalled. Members called `…_json`
// are JSON as it came; empty = not said.
struct Asked {
  std::string_view instructions_json, metadata_json, reasoning_json, text_json, tool_choice_json, tools_json;
  std::string_view previous;    // previous_response_id
  std::string_view truncation;  // "auto" or "disabled"
  bool text_has_format = false;
  bool summary = false;       // reasoning is wanted as a summary, not as the text itself
  bool keeps_sealed = false;  // include asks for reasoning.encrypted_content
  bool store = true;
  bool parallel = true;
  std::optional<long long> max_output_tokens;
  std::optional<double> temperature, top_p;
  std::string_view user;
  std::vector<InputItem> input;           // this request's own, without what was said before
  std::vector<SpecialTool> special;       // tools that are not plain functions
  std::vector<std::string_view> dropped;  // kinds of tools and items that no backend can do and were left out

  void drop(std::string_view kind) {
    if (std::find(dropped.begin(), dropped.end(), kind) == dropped.end()) dropped.push_back(kind);
  }
};

// What earlier responses said.
class Recall {
 public:
  virtual ~Recall() = default;
  // The items of a conversation up to and with the response `id`, as JSON arrays in their order. False if
  // there is no such response.
  virtual bool conversation(std::string_view id, std::vector<std::string_view>& arrays) = 0;
  // The JSON of one item of an earlier response or its input; empty if there is none.
  virtual std::string_view item(std::string_view id) = 0;
};

}  // namespace codecrucible::wire::responses

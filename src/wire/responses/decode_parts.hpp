#pragma once

#include "core/chat.hpp"
#include "wire/openai/request_reader.hpp"
#include "wire/responses/asked.hpp"

#include <memory_resource>

namespace codecrucible::wire::responses {

using openai::RequestReader;

// The pieces of a request that have a file of their own. Each reads the value that stands next and returns
// false when something was refused or broken (the reader knows what).

// Content of a message, of a reasoning item or of a call's output: null, a string or parts. An object of any
// other kind is taken as its own text where `any_object` allows it.
bool read_content(RequestReader& in, std::pmr::vector<core::Part>& parts, std::string_view field,
                  bool any_object = false);
bool read_tools(RequestReader& in, core::ChatRequest& request, Asked& asked);
// After read_tools: the names in it are those that the client gave its tools.
bool read_tool_choice(RequestReader& in, core::ChatRequest& request, Asked& asked);
bool read_text(RequestReader& in, core::ChatRequest& request, Asked& asked);

// Gathers items into messages: calls and reasoning that belong to one turn of the assistant become one
// message.
class ItemReader {
 public:
  ItemReader(core::ChatRequest& request, Asked& asked, Recall& recall)
      : request_(request), asked_(asked), recall_(recall) {}

  // The value of `input`; its items are noted in `asked.input`.
  bool read_input(RequestReader& in);
  // Items of earlier responses: an array.
  bool read_earlier(RequestReader& in);

 private:
  struct Draft;
  bool read_item(RequestReader& in, InputItem* noted);
  bool read_field(RequestReader& in, std::string_view key, Draft& draft);
  bool settle(RequestReader& in, Draft& draft, InputItem* noted);
  bool add_message(RequestReader& in, Draft& draft);
  bool add_call(RequestReader& in, Draft& draft, bool custom);
  bool add_output(RequestReader& in, Draft& draft);
  void add_reasoning(RequestReader& in, const Draft& draft);
  bool follow(RequestReader& in, const Draft& draft, InputItem* noted);
  core::Message& assistant_turn();

  core::ChatRequest& request_;
  Asked& asked_;
  Recall& recall_;
  std::string_view reasoning_;  // of the assistant's turn that comes next
};

}  // namespace codecrucible::wire::responses

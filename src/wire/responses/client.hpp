#pragma once

#include "core/chat.hpp"
#include "core/result.hpp"
#include "wire/dialect.hpp"
#include "wire/responses/asked.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::wire::responses {

// Client side of OpenAI's Responses dialect (POST /v1/responses). Views in the results point into `body`,
// into `arena` or into what `recall` gave. Failure{bad_request} or {unsupported} names the field at fault;
// fields that steer OpenAI's own service only are passed over. What no backend can do, but clients send with
// every request (web_search …), is left out and named in `asked.dropped`.
core::Result<void> decode(std::string_view body, core::Arena& arena, core::ChatRequest& request, Asked& asked,
                          Recall& recall);

// `context.asked` tells what the reply repeats; without it the reply says the defaults.
std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context);
std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context);
std::string error_body(const core::Failure& failure, std::string_view request_id);

// The request's own input items as a JSON array, complete with types and ids made from `response_id`.
void write_input_items(const Asked& asked, std::string_view response_id, std::string& out);

// The id of the response that an item's id was made from; empty if it is not one of ours.
std::string response_of_item(std::string_view item_id);

// The array `output` of a response object; empty if it has none.
std::string_view output_of(std::string_view response);
// The item with that id in a JSON array of items; empty if there is none.
std::string_view item_in(std::string_view array, std::string_view id);

// A page of GET /v1/responses/{id}/input_items.
struct ItemsPage {
  std::string_view after;  // id of the item before the first one wanted; empty = from the start
  std::size_t limit = 20;
  bool ascending = false;
};
void write_items_page(std::string_view array, const ItemsPage& page, std::string& out);

}  // namespace codecrucible::wire::responses

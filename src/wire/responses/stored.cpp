#include "core/json_text.hpp"
#include "wire/json_reader.hpp"
#include "wire/responses/client.hpp"

#include <algorithm>

namespace codecrucible::wire::responses {
namespace {

std::string_view suffix_of(std::string_view response_id) {
  return response_id.starts_with("resp_") ? response_id.substr(5) : response_id;
}

void append_item(const InputItem& item, std::string_view response_id, std::size_t number, std::string& out) {
  out += '{';
  if (!item.has_id) {
    out.append("\"id\":\"").append(item.role.empty() ? "item_" : "msg_").append(suffix_of(response_id));
    out += "_i";
    core::append_number(out, number);
    out += '"';
  }
  if (!item.has_type) out.append(item.has_id ? "" : ",").append(R"("type":"message")");
  // The item's own members, without its opening brace; a string as content becomes the one part that it is.
  std::string_view rest = item.raw.substr(1);
  if (out.back() != '{') out += ',';
  if (!item.content_string.empty()) {
    const auto at = static_cast<std::size_t>(item.content_string.data() - rest.data());
    out.append(rest.substr(0, at));
    out +=
        item.role == "assistant" ? R"([{"type":"output_text","text":)" : R"([{"type":"input_text","text":)";
    out.append(item.content_string).append("}]");
    rest.remove_prefix(at + item.content_string.size());
  }
  out += rest;
}

std::string_view id_of(std::string_view item) {
  JsonReader json(item);
  JsonString key, text;
  if (!json.enter_object()) return {};
  while (json.next_key(key)) {
    if (key.raw == "id" && json.kind() == JsonReader::Kind::string) {
      return json.read_string(text) ? text.raw : std::string_view();
    }
    if (!json.skip()) break;
  }
  return {};
}

std::vector<std::string_view> items_of(std::string_view array) {
  std::vector<std::string_view> items;
  JsonReader json(array);
  std::string_view item;
  if (!json.enter_array()) return items;
  while (json.next_item() && json.skip(item)) items.push_back(item);
  return items;
}

}  // namespace

void write_input_items(const Asked& asked, std::string_view response_id, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < asked.input.size(); ++i) {
    if (i > 0) out += ',';
    append_item(asked.input[i], response_id, i, out);
  }
  out += ']';
}

std::string response_of_item(std::string_view item_id) {
  const auto first = item_id.find('_');
  const auto last = item_id.rfind('_');
  if (first == std::string_view::npos || last <= first + 1) return {};
  return "resp_" + std::string(item_id.substr(first + 1, last - first - 1));
}

std::string_view output_of(std::string_view response) {
  JsonReader json(response);
  JsonString key;
  std::string_view value;
  if (!json.enter_object()) return {};
  while (json.next_key(key)) {
    if (!json.skip(value)) return {};
    if (key.raw == "output") return value;
  }
  return {};
}

std::string_view item_in(std::string_view array, std::string_view id) {
  for (const auto item : items_of(array)) {
    if (id_of(item) == id) return item;
  }
  return {};
}

void write_items_page(std::string_view array, const ItemsPage& page, std::string& out) {
  auto items = items_of(array);
  if (!page.ascending) std::reverse(items.begin(), items.end());
  std::size_t from = 0;
  for (std::size_t i = 0; i < items.size() && !page.after.empty(); ++i) {
    if (id_of(items[i]) == page.after) from = i + 1;
  }
  const std::size_t to = std::min(items.size(), from + page.limit);
  out += R"({"object":"list","data":[)";
  for (std::size_t i = from; i < to; ++i) {
    if (i > from) out += ',';
    out += items[i];
  }
  const auto id_at = [&](std::size_t i) {
    return to > from ? "\"" + std::string(id_of(items[i])) + "\"" : std::string("null");
  };
  out.append("],\"first_id\":").append(id_at(from)).append(",\"last_id\":").append(id_at(to - 1));
  out.append(to < items.size() ? R"(,"has_more":true})" : R"(,"has_more":false})");
}

}  // namespace codecrucible::wire::responses

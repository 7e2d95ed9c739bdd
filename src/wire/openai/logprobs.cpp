#include "wire/openai/logprobs.hpp"

#include "core/json_text.hpp"
#include "wire/json_reader.hpp"

#include <vector>

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

bool read_items(JsonReader& json, std::vector<std::string_view>& items) {
  if (json.kind() != Kind::array) return json.skip();
  json.enter_array();
  while (json.next_item()) {
    if (!json.skip(items.emplace_back())) return false;
  }
  return !json.failed();
}

// {" cat":-0.1,…} as [{"token":" cat","logprob":-0.1,"bytes":null},…]
void append_alternatives(std::string& out, std::string_view object) {
  out += '[';
  JsonReader json(object);
  JsonString key;
  std::string_view value;
  bool first = true;
  if (json.kind() == Kind::object && json.enter_object()) {
    while (json.next_key(key) && json.skip(value)) {
      if (!first) out += ',';
      first = false;
      out.append("{\"token\":\"")
          .append(key.raw)
          .append("\",\"logprob\":")
          .append(value)
          .append(",\"bytes\":null}");
    }
  }
  out += ']';
}

struct Entry {
  std::string_view token = "\"\"", value = "null", top;
};

bool read_entry(JsonReader& json, Entry& entry) {
  if (json.kind() != Kind::object) return json.skip();
  json.enter_object();
  JsonString key;
  while (json.next_key(key)) {
    std::string_view raw;
    if (!json.skip(raw)) return false;
    if (key.raw == "token" && raw.starts_with('"')) entry.token = raw;
    if (key.raw == "logprob") entry.value = raw;
    if (key.raw == "top_logprobs") entry.top = raw;
  }
  return !json.failed();
}

void append_top(std::string& out, std::string_view entries) {
  JsonReader json(entries);
  if (json.kind() != Kind::array || !json.enter_array()) {
    out += "null";
    return;
  }
  out += '{';
  bool first = true;
  while (json.next_item()) {
    Entry entry;
    if (!read_entry(json, entry)) break;
    if (!first) out += ',';
    first = false;
    out.append(entry.token).append(":").append(entry.value);
  }
  out += '}';
}

std::size_t characters(std::string_view token_json) {
  std::string text;
  append_unescaped(text, token_json.substr(1, token_json.size() - 2));
  std::size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

std::string_view entries_of(std::string_view logprobs, core::Arena& memory) {
  JsonReader json(logprobs);
  if (json.kind() != Kind::object || !json.enter_object()) return {};
  std::vector<std::string_view> tokens, values, tops;
  std::string_view content;
  JsonString key;
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "content" && json.kind() == Kind::array) {
      ok = json.skip(content);
    } else if (key.raw == "tokens") {
      ok = read_items(json, tokens);
    } else if (key.raw == "token_logprobs") {
      ok = read_items(json, values);
    } else if (key.raw == "top_logprobs") {
      ok = read_items(json, tops);
    } else {
      ok = json.skip();
    }
    if (!ok) return {};
  }
  if (!content.empty()) return content == "[]" ? std::string_view{} : content;
  if (tokens.empty() || values.size() != tokens.size()) return {};
  std::string out = "[";
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) out += ',';
    out.append("{\"token\":").append(tokens[i]).append(",\"logprob\":").append(values[i]);
    out += ",\"bytes\":null,\"top_logprobs\":";
    append_alternatives(out, i < tops.size() ? tops[i] : std::string_view{});
    out += '}';
  }
  out += ']';
  return memory.copy(out);
}

void CompletionLogprobs::add(std::string_view entries) {
  JsonReader json(entries);
  if (json.kind() != Kind::array || !json.enter_array()) return;
  while (json.next_item()) {
    Entry entry;
    if (!read_entry(json, entry)) return;
    for (std::string* list : {&tokens_, &values_, &tops_, &offsets_}) {
      if (!list->empty()) *list += ',';
    }
    tokens_ += entry.token;
    values_ += entry.value;
    append_top(tops_, entry.top);
    core::append_number(offsets_, offset_);
    offset_ += characters(entry.token);
  }
}

void CompletionLogprobs::write(std::string& out) {
  out.append("{\"tokens\":[").append(tokens_).append("],\"token_logprobs\":[").append(values_);
  out.append("],\"top_logprobs\":[")
      .append(tops_)
      .append("],\"text_offset\":[")
      .append(offsets_)
      .append("]}");
  for (std::string* list : {&tokens_, &values_, &tops_, &offsets_}) list->clear();
}

}  // namespace codecrucible::wire::openai

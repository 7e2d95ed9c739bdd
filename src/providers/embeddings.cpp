#include "providers/kinds.hpp"
#include "wire/json_reader.hpp"
#include "wire/openai/backend_error.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace codecrucible::providers {
namespace {

using wire::JsonReader;
using wire::JsonString;
using Kind = JsonReader::Kind;

struct Item {
  std::int64_t index = -1;
  std::vector<float> vector;
};

bool read_floats(JsonReader& json, std::vector<float>& vector) {
  std::string_view digits;
  json.enter_array();
  while (json.next_item()) {
    if (!json.read_number(digits)) return false;
    float value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    vector.push_back(value);
  }
  return !json.failed();
}

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// Servers are asked for floats; some send base64 all the same.
bool read_base64(JsonReader& json, std::vector<float>& vector) {
  JsonString text;
  if (!json.read_string(text)) return false;
  std::string bytes;
  unsigned bits = 0, held = 0;
  for (char c : text.raw) {
    if (c == '=' || c == '\\') continue;  // "\/" is a slash
    const int digit = digit_of(c);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<unsigned>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  vector.resize(bytes.size() / sizeof(float));
  if (!vector.empty()) std::memcpy(vector.data(), bytes.data(), vector.size() * sizeof(float));
  return true;
}

bool read_item(JsonReader& json, Item& item) {
  if (!json.enter_object()) return false;
  JsonString key;
  std::string_view digits;
  while (json.next_key(key)) {
    bool ok = false;
    const Kind kind = json.kind();
    if (key.raw == "embedding" && kind == Kind::array) {
      ok = read_floats(json, item.vector);
    } else if (key.raw == "embedding" && kind == Kind::string) {
      ok = read_base64(json, item.vector);
    } else if (key.raw == "index" && kind == Kind::number) {
      ok = json.read_number(digits);
      item.index = wire::integer_of(digits).value_or(-1);
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  return !json.failed();
}

bool read_items(JsonReader& json, std::vector<Item>& items) {
  if (!json.enter_array()) return false;
  while (json.next_item()) {
    Item& item = items.emplace_back();
    if (!read_item(json, item)) return false;
    if (item.index < 0) item.index = static_cast<std::int64_t>(items.size()) - 1;
  }
  return !json.failed();
}

bool read_usage(JsonReader& json, core::Usage& usage) {
  if (json.kind() != Kind::object) return json.skip();
  json.enter_object();
  JsonString key;
  std::string_view digits;
  while (json.next_key(key)) {
    const bool wanted = key.raw == "prompt_tokens" && json.kind() == Kind::number;
    if (!(wanted ? json.read_number(digits) : json.skip())) return false;
    if (wanted) usage.prompt_tokens = wire::integer_of(digits);
  }
  return !json.failed();
}

core::Result<Embeddings> decode_openai_embeddings(std::string_view body) {
  if (auto failure = wire::openai::error_in(body)) return *failure;
  const auto garbage = [] {
    return core::fail(core::Cause::garbage, "The backend's answer is not a list of embeddings.");
  };
  std::vector<Item> items;
  Embeddings result;
  JsonReader json(body);
  JsonString key;
  bool has_data = false;
  if (json.kind() != Kind::object || !json.enter_object()) return garbage();
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "data") {
      has_data = true;
      ok = read_items(json, items);
    } else if (key.raw == "usage") {
      ok = read_usage(json, result.usage);
    } else {
      ok = json.skip();
    }
    if (!ok) return garbage();
  }
  if (!json.at_end() || !has_data) return garbage();
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.index < b.index; });
  for (auto& item : items) result.vectors.push_back(std::move(item.vector));
  return result;
}

}  // namespace

core::Result<Embeddings> decode_embeddings(core::ProviderKind kind, std::string_view body) {
  return kind == core::ProviderKind::ollama ? decode_ollama_embeddings(body) : decode_openai_embeddings(body);
}

}  // namespace codecrucible::providers

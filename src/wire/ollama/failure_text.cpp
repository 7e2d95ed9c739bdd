#include "wire/ollama/failure_text.hpp"

#include "core/result.hpp"

#include <simdjson.h>

#include <initializer_list>

namespace codecrucible::wire::ollama {
namespace {

using core::Cause;

constexpr std::size_t longest_quote = 400;  // of a body that is not JSON

bool has(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const auto word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

// The words decide where they are known (ollama.md §8, §10): the same text comes with different statuses in
// different versions, and with none inside a stream (traps B7, D15).
Cause cause_of(int status, std::string_view text) {
  if (has(text, {"context length", "context size", "context window", "longer than the context",
                 "exceeds the available context", "input is too long", "input length exceeds"})) {
    return Cause::context_length;
  }
  if (has(text, {"server busy", "maximum pending requests"})) return Cause::overloaded;
  if (has(text, {"out of memory", "more system memory", "runner", "cuda error", "unable to load model",
                 "unable to allocate", "model unloaded"})) {
    return Cause::backend_error;
  }
  if (has(text, {"loading model", "model is loading"})) return Cause::loading;
  if (has(text, {"not found"}) && has(text, {"model"})) return Cause::backend_model_missing;
  if (has(text, {"page not found"})) return Cause::backend_rejected;  // a path this version does not have
  if (has(text, {"unauthorized"})) return Cause::backend_auth;
  if (has(text, {"does not support", "invalid", "cannot unmarshal"}) && status < 500)
    return Cause::backend_rejected;
  switch (status) {
    case 401:
    case 403:
      return Cause::backend_auth;
    case 404:
      return Cause::backend_model_missing;
    case 429:
    case 503:
      return Cause::overloaded;
    case 499:
      return Cause::cut;
    default:
      return status >= 400 && status < 500 ? Cause::backend_rejected : Cause::backend_error;
  }
}

}  // namespace

core::Failure failure_of_text(int status, std::string_view text) {
  std::string detail = "Ollama: ";
  if (text.empty()) {
    detail += status == 403 ? "403 without a word: it refuses this Host or Origin"
                            : "HTTP " + std::to_string(status);
  } else {
    detail += text;
  }
  return core::fail(cause_of(status, lower(text)), std::move(detail));
}

std::string error_text(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element parsed;
  if (!parser.parse(body.data(), body.size()).get(parsed)) {
    simdjson::dom::element error;
    if (!parsed["error"].get(error)) {
      std::string_view text;
      if (!error.get(text) || !error["message"].get(text)) return std::string(text);
      return simdjson::minify(error);
    }
  }
  const auto start = body.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  body.remove_prefix(start);
  body = body.substr(0, body.find_first_of("\r\n"));
  if (body.size() <= longest_quote)
    return simdjson::validate_utf8(body.data(), body.size()) ? std::string(body) : "";
  auto end = longest_quote;  // not in the middle of a character
  while (end > 0 && (static_cast<unsigned char>(body[end]) & 0xC0) == 0x80) --end;
  body = body.substr(0, end);
  return simdjson::validate_utf8(body.data(), body.size()) ? std::string(body) : "";
}

}  // namespace codecrucible::wire::ollama

#include "wire/openai/backend_error.hpp"

#include "core/result.hpp"
#include "wire/json_reader.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace codecrucible::wire::openai {
namespace {

using core::Cause;
using Kind = JsonReader::Kind;

// What the many shapes have in common.
struct Report {
  std::string message, type, code;
  std::optional<std::int64_t> status, prompt_tokens, window;
  bool error = false;   // `error`, or `object`: "error"
  bool answer = false;  // `choices`, `data` or `models`
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> needles) {
  return std::any_of(needles.begin(), needles.end(),
                     [&](std::string_view needle) { return text.find(needle) != std::string_view::npos; });
}

// Any value as text: the inside of a string, else its JSON.
bool read_any(JsonReader& json, std::string& out) {
  if (json.kind() == Kind::string) {
    JsonString text;
    if (!json.read_string(text)) return false;
    out.clear();
    append_unescaped(out, text.raw);
    return true;
  }
  std::string_view raw;
  if (!json.skip(raw)) return false;
  if (raw != "null") out = raw;
  return true;
}

bool read_integer(JsonReader& json, std::optional<std::int64_t>& out) {
  if (json.kind() != Kind::number) return json.skip();
  std::string_view digits;
  if (!json.read_number(digits)) return false;
  out = integer_of(digits);
  return true;
}

bool read_member(JsonReader& json, std::string_view key, Report& report, bool top);

bool read_object(JsonReader& json, Report& report, bool top = true) {
  if (!json.enter_object()) return false;
  JsonString key;
  while (json.next_key(key)) {
    if (!read_member(json, key.raw, report, top)) return false;
  }
  return !json.failed();
}

bool read_member(JsonReader& json, std::string_view key, Report& report, bool top) {
  if (key == "error") {
    if (json.kind() == Kind::null) return json.read_null();
    report.error = true;
    return json.kind() == Kind::object ? read_object(json, report, false) : read_any(json, report.message);
  }
  if (key == "message" || key == "detail") {
    std::string text;
    if (!read_any(json, text)) return false;
    if (report.message.empty()) report.message = std::move(text);
    return true;
  }
  if (key == "type") return read_any(json, report.type);
  if (key == "code") {
    return json.kind() == Kind::number ? read_integer(json, report.status) : read_any(json, report.code);
  }
  if (key == "object") {
    std::string object;
    if (!read_any(json, object)) return false;
    report.error = report.error || object == "error";
    return true;
  }
  if (key == "n_prompt_tokens") return read_integer(json, report.prompt_tokens);
  if (key == "n_ctx") return read_integer(json, report.window);
  if (top && (key == "choices" || key == "data" || key == "models")) report.answer = true;
  return json.skip();
}

// A text that is not JSON, fit to be shown: printable ASCII, tags and line ends as blanks.
std::string readable(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 300)) out += c >= 0x20 && c < 0x7F ? c : ' ';
  return out;
}

// Cuts a long message between two characters.
void shorten(std::string& text) {
  constexpr std::size_t most = 1000;
  if (text.size() <= most) return;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  text += " …";
}

Cause cause_of_status(int status, const std::string& text) {
  if (status == 401 || status == 403) return Cause::backend_auth;
  if (status == 408) return Cause::timeout;
  if (status == 429) return Cause::overloaded;
  if (status == 503) {
    return contains_any(text, {"loading"}) ? Cause::loading : Cause::overloaded;
  }
  if (status == 501) return Cause::backend_rejected;
  if (status >= 500) return Cause::backend_error;
  if (status >= 400) return Cause::backend_rejected;
  return Cause::backend_error;
}

bool is_model_missing(int status, const std::string& text) {
  if (contains_any(text,
                   {"model_not_found", "invalid model identifier", "no models loaded", "no model loaded"})) {
    return true;
  }
  return status == 404 && contains_any(text, {"model"}) &&
         contains_any(text, {"not found", "not exist", "notfound"});
}

Cause cause_of(int status, const Report& report) {
  const std::string text = lower(report.type + ' ' + report.code + ' ' + report.message);
  if (contains_any(text, {"exceed_context_size_error", "context_length_exceeded"}) ||
      is_overflow(report.message)) {
    return Cause::context_length;
  }
  if (contains_any(text, {"model unloaded", "has crashed"})) return Cause::backend_error;
  if (is_model_missing(status, text)) return Cause::backend_model_missing;
  if (status < 400) {
    if (contains_any(text, {"loading model"})) return Cause::loading;
    if (contains_any(text, {"unexpected endpoint or method"})) return Cause::backend_rejected;
    if (report.status && *report.status >= 400 && *report.status < 600) {
      return cause_of_status(static_cast<int>(*report.status), text);
    }
    if (contains_any(text, {"invalid_api_key"})) return Cause::backend_auth;
    if (contains_any(lower(report.type), {"invalid_request", "badrequest", "bad_request", "not_supported"})) {
      return Cause::backend_rejected;
    }
  }
  return cause_of_status(status, text);
}

core::Failure failure_from(int status, Report& report) {
  shorten(report.message);
  core::Failure failure;
  failure.cause = cause_of(status, report);
  failure.detail =
      report.message.empty() ? "The backend reports an error without a message." : report.message;
  if (failure.cause == Cause::context_length) {
    read_overflow_counts(report.message, failure);
    if (report.prompt_tokens) failure.needed_tokens = report.prompt_tokens;
    if (report.window) failure.window_tokens = report.window;
    failure.param = "messages";
  }
  return failure;
}

// The first number behind `marker` in text.
std::optional<std::int64_t> number_behind(std::string_view text, std::string_view marker) {
  const auto found = text.find(marker);
  if (found == std::string_view::npos) return {};
  std::size_t at = found + marker.size();
  while (at < text.size() && (text[at] == ' ' || text[at] == '(' || text[at] == ':' || text[at] == '=')) ++at;
  std::size_t end = at;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end == at || end - at > 12) return {};
  return integer_of(text.substr(at, end - at));
}

std::optional<std::int64_t> first_number(std::string_view text,
                                         std::initializer_list<std::string_view> markers) {
  for (const auto marker : markers) {
    if (const auto number = number_behind(text, marker)) return number;
  }
  return {};
}

}  // namespace

bool is_overflow(std::string_view message) {
  const std::string text = lower(message);
  return contains_any(text,
                      {"when context the overflows",          // LM Studio, with n_keep
                       ">= n_ctx",                            // LM Studio, llama.cpp
                       "does not fit in context",             // LM Studio
                       "context size has been exceeded",      // LM Studio, MLX
                       "exceeds the available context size",  // llama.cpp
                       "context size exceeded", "context length exceeded", "exceed_context_size",
                       "maximum context length",  // OpenAI, vLLM
                       "maximum model length", "max_model_len",
                       "exceed context window",  // llama-cpp-python
                       "exceeds the context", "longer than the context length", "exceeds maximum context",
                       "prompt is too long", "input is too long", "longer than the maximum model"});
}

void read_overflow_counts(std::string_view message, core::Failure& failure) {
  const std::string text = lower(message);
  failure.window_tokens =
      first_number(text, {"context length only supports", "maximum context length is",
                          "available context size", "context length of only", "n_ctx", "context window of",
                          "maximum model length of", "max_model_len"});
  failure.needed_tokens =
      first_number(text, {"the input has", "keep the first", "n_keep", "you requested", "your request has",
                          "request", "requested tokens", "the prompt (length"});
}

core::Failure backend_failure(int status, std::string_view body) {
  Report report;
  JsonReader json(body);
  const bool is_json = json.kind() == Kind::object && read_object(json, report) && json.at_end();
  if (!is_json) {
    report = {};
    report.message = readable(body);
    if (report.message.find_first_not_of(' ') == std::string::npos) report.message.clear();
  }
  if (status >= 300 && status < 400) {
    report.message = "The backend sends elsewhere (status " + std::to_string(status) +
                     "): its url in the configuration must be the final one.";
  }
  if (report.message.empty() && status >= 400) {
    report.message = "The backend answered with status " + std::to_string(status) + " and no message.";
  }
  return failure_from(status, report);
}

std::optional<core::Failure> error_in(std::string_view body) {
  Report report;
  JsonReader json(body);
  if (json.kind() != Kind::object || !read_object(json, report) || !json.at_end()) return {};
  if (!report.error || report.answer) return {};
  return failure_from(200, report);
}

}  // namespace codecrucible::wire::openai

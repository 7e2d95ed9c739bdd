#include "telemetry/log_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace codecrucible::telemetry {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) value = 0;  // JSON knows no other
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

// Bytes that are not UTF-8 would make a line that is not JSON; they become '?'.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first >= 0xF5 || (first >= 0x80 && first < 0xC2) || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80) return 0;
  return length;
}

// Writes one line's pieces: name=value, or JSON members. What clients sent can neither break the line nor
// forge one.
class Line {
 public:
  explicit Line(bool json) : json_(json) { out_.reserve(256); }

  void word(std::string_view name, std::string_view value) {
    begin(name);
    if (json_) {
      out_ += '"';
      escaped(value);
      out_ += '"';
    } else if (value.empty() || value.find_first_of(" \"=") != std::string_view::npos) {
      out_ += '"';
      escaped(value);
      out_ += '"';
    } else {
      escaped(value);
    }
  }

  void number(std::string_view name, std::int64_t value) {
    begin(name);
    out_ += std::to_string(value);
  }

  void number(std::string_view name, double value) {
    begin(name);
    append_number(out_, value);
  }

  void flag(std::string_view name, bool value) {
    begin(name);
    out_ += value ? "true" : "false";
  }

  void span(std::string_view name, std::chrono::nanoseconds value) {
    number(name, std::round(std::chrono::duration<double, std::milli>(value).count() * 100) / 100);
  }

  void known(std::string_view name, std::string_view value) {
    if (!value.empty()) word(name, value);
  }

  // Text without a name, for people.
  void bare(std::string_view text) {
    if (!out_.empty()) out_ += ' ';
    escaped(text);
  }

  std::string take() && { return std::move(out_); }

 private:
  void begin(std::string_view name) {
    if (!out_.empty()) out_ += json_ ? ',' : ' ';
    if (json_) {
      out_ += '"';
      out_ += name;
      out_ += "\":";
    } else {
      out_ += name;
      out_ += '=';
    }
  }

  void escaped(std::string_view text) {
    while (!text.empty()) {
      const auto c = static_cast<unsigned char>(text[0]);
      const std::size_t length = utf8_length(text);
      if (length == 0) {
        out_ += '?';
      } else if (c == '"' || c == '\\') {
        if (json_ || c == '"') out_ += '\\';
        out_ += static_cast<char>(c);
      } else if (c < ' ' || c == 127) {
        out_ += "\\u00";
        out_ += hex_digits[c >> 4U];
        out_ += hex_digits[c & 15U];
      } else {
        out_.append(text.substr(0, length));
      }
      text.remove_prefix(std::max<std::size_t>(length, 1));
    }
  }

  bool json_;
  std::string out_;
};

void add(Line& line, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    line.word(field.name, *text);
  } else if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
    line.number(field.name, *whole);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    line.number(field.name, *real);
  } else {
    line.flag(field.name, std::get<bool>(field.value));
  }
}

}  // namespace

std::string line_text(bool json, std::string_view message, std::initializer_list<Field> fields) {
  Line line(json);
  if (json) {
    line.word("message", message);
  } else {
    line.bare(message);
  }
  for (const Field& field : fields) add(line, field);
  return std::move(line).take();
}

std::string access_text(bool json, const AccessLine& access) {
  Line line(json);
  if (json) {
    line.word("message", "request");
    line.word("method", access.method);
    line.word("path", access.path);
    line.number("status", static_cast<std::int64_t>(access.status));
  } else {
    line.bare(access.method);
    line.bare(access.path);
    line.bare(std::to_string(access.status));
  }
  line.known("surface", access.surface);
  line.known("provider", access.provider);
  line.known("model", access.model);
  line.known("task", access.task);
  line.known("complexity", access.complexity);
  line.known("rule", access.rule);
  line.span("ms", access.duration);
  if (access.first_token.count() > 0) line.span("ttft_ms", access.first_token);
  if (access.prompt_tokens >= 0) line.number("prompt_tokens", access.prompt_tokens);
  if (access.completion_tokens >= 0) line.number("completion_tokens", access.completion_tokens);
  if (access.attempts > 1) line.number("attempts", static_cast<std::int64_t>(access.attempts));
  if (access.escalated) line.flag("escalated", true);
  if (access.confidence >= 0) line.number("confidence", std::round(access.confidence * 1000) / 1000);
  if (access.held.count() > 0) line.span("held_ms", access.held);
  line.known("escalation", access.escalation);
  line.known("escalation_reason", access.escalation_reason);
  if (access.streamed) line.flag("stream", true);
  line.known("cache", access.cache);
  line.known("cause", access.cause);
  line.known("user", access.user);
  line.known("remote", access.remote);
  line.known("request_id", access.request_id);
  return std::move(line).take();
}

}  // namespace codecrucible::telemetry

#include "telemetry/trace.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace codecrucible::telemetry {
namespace {

// Lower case only: the standard forbids the other.
std::optional<std::uint64_t> hex_number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::int64_t nanoseconds(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

void append_attribute(std::string& out, std::string_view name, const Attribute& attribute) {
  out += R"({"key":)";
  append_text(out, name);
  out += R"(,"value":{)";
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    out += R"("stringValue":)";
    append_text(out, *text);
  } else if (const auto* whole = std::get_if<std::int64_t>(&attribute.value)) {
    fmt::format_to(std::back_inserter(out), R"("intValue":"{}")", *whole);
  } else if (const auto* real = std::get_if<double>(&attribute.value)) {
    fmt::format_to(std::back_inserter(out), R"("doubleValue":{})", std::isfinite(*real) ? *real : 0.0);
  } else {
    out += std::get<bool>(attribute.value) ? R"("boolValue":true)" : R"("boolValue":false)";
  }
  out += "}}";
}

void append_span(std::string& out, const Span& span) {
  const auto& at = span.context;
  fmt::format_to(std::back_inserter(out), R"({{"traceId":"{:016x}{:016x}","spanId":"{:016x}",)", at.trace[0],
                 at.trace[1], at.span);
  if (span.parent != 0) fmt::format_to(std::back_inserter(out), R"("parentSpanId":"{:016x}",)", span.parent);
  out += R"("name":)";
  append_text(out, span.name);
  fmt::format_to(std::back_inserter(out),
                 R"(,"kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":[)",
                 static_cast<int>(span.kind), nanoseconds(span.began), nanoseconds(span.ended));
  for (const auto& attribute : span.attributes) {
    if (out.back() == '}') out += ',';
    append_attribute(out, attribute.name, attribute);
  }
  out += "]";
  if (span.trouble) {
    out += R"(,"status":{"code":2,"message":)";
    append_text(out, *span.trouble);
    out += '}';
  }
  out += '}';
}

}  // namespace

std::optional<TraceContext> read_traceparent(std::string_view header) noexcept {
  constexpr std::size_t length = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2
  if (header.size() < length || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return std::nullopt;
  const auto version = hex_number(header.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (header.size() > length && (*version == 0 || header[length] != '-')) return std::nullopt;
  const auto high = hex_number(header.substr(3, 16)), low = hex_number(header.substr(19, 16));
  const auto span = hex_number(header.substr(36, 16)), flags = hex_number(header.substr(53, 2));
  if (!high || !low || !span || !flags || (*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return TraceContext{{*high, *low}, *span, (*flags & 1) != 0};
}

std::string write_traceparent(const TraceContext& context) {
  return fmt::format("00-{:016x}{:016x}-{:016x}-{:02x}", context.trace[0], context.trace[1], context.span,
                     context.sampled ? 1 : 0);
}

std::string otlp_json(std::span<const Span> spans, std::string_view service, std::string_view version) {
  std::string out =
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":)";
  append_text(out, service);
  out += R"(}},{"key":"service.version","value":{"stringValue":)";
  append_text(out, version);
  out += R"(}}]},"scopeSpans":[{"scope":{"name":"codecrucible"},"spans":[)";
  bool first = true;
  for (const auto& span : spans) {
    if (!first) out += ',';
    first = false;
    append_span(out, span);
  }
  return out + "]}]}]}";
}

}  // namespace codecrucible::telemetry

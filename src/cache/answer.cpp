#include "cache/answer.hpp"

#include <algorithm>

namespace codecrucible::cache {
namespace {

using Kind = core::Event::Kind;

void put_number(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_text(std::string_view text, std::string& out) {
  put_number(text.size(), out);
  out += text;
}

// Added to a finish's reason if the stop string that ended it follows.
constexpr std::uint64_t with_stop = 8;

// 0 = not said.
void put_optional(const std::optional<std::int64_t>& value, std::string& out) {
  put_number(value && *value >= 0 ? static_cast<std::uint64_t>(*value) + 1 : 0, out);
}

void put_span(std::chrono::nanoseconds span, std::string& out) {
  put_number(static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0)), out);
}

}  // namespace

std::size_t Answer::bytes() const noexcept {
  // List node, map node, remembered key after the eviction, allocator's rounding.
  constexpr std::size_t place = 320;
  return place + sizeof(Answer) + events.capacity() + origin.tenant.capacity() + origin.asked.capacity() +
         origin.provider.capacity() + origin.model.capacity() + origin.shown.capacity() +
         origin.rule.capacity() + origin.headers.capacity();
}

void pack(const core::Event& event, std::string& out) {
  if (event.kind == Kind::failure) return;
  out += static_cast<char>(event.kind);
  put_number(static_cast<std::uint64_t>(event.choice), out);
  switch (event.kind) {
    case Kind::tool_call:
      put_number(static_cast<std::uint64_t>(event.tool_index), out);
      put_text(event.tool_id, out);
      put_text(event.tool_name, out);
      put_text(event.text, out);
      break;
    case Kind::finish:
      put_number(static_cast<std::uint64_t>(event.finish) + (event.text.empty() ? 0 : with_stop), out);
      if (!event.text.empty()) put_text(event.text, out);
      break;
    case Kind::usage:
      put_optional(event.usage.prompt_tokens, out);
      put_optional(event.usage.completion_tokens, out);
      put_optional(event.usage.cached_tokens, out);
      put_optional(event.usage.reasoning_tokens, out);
      put_number(event.usage.estimated ? 1 : 0, out);
      put_span(event.timings.total, out);
      put_span(event.timings.load, out);
      put_span(event.timings.prefill, out);
      put_span(event.timings.decode, out);
      break;
    default:
      put_text(event.text, out);
  }
}

std::string joined(std::string_view packed, std::size_t longest) {
  std::string out;
  out.reserve(packed.size());
  std::string words;
  core::Event pending, event;
  bool holds = false;
  const auto flush = [&] {
    if (!holds) return;
    pending.text = words;
    pack(pending, out);
    holds = false;
  };
  Unpacker in(packed);
  while (in.next(event)) {
    const bool piece = event.kind == Kind::text || event.kind == Kind::reasoning;
    const bool same = holds && piece && pending.kind == event.kind && pending.choice == event.choice;
    if (same && words.size() + event.text.size() <= longest) {
      words += event.text;
      continue;
    }
    // Logprobs belong to the very piece before them.
    flush();
    if (piece) {
      pending = event;
      words.assign(event.text);
      holds = true;
    } else {
      pack(event, out);
    }
  }
  flush();
  out.shrink_to_fit();
  return out;
}

bool Unpacker::number(std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && pos_ < packed_.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(packed_[pos_++]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool Unpacker::text(std::string_view& value) {
  std::uint64_t size = 0;
  if (!number(size) || size > packed_.size() - pos_) return false;
  value = packed_.substr(pos_, size);
  pos_ += size;
  return true;
}

bool Unpacker::usage(core::Event& event) {
  std::optional<std::int64_t>* const counts[] = {&event.usage.prompt_tokens, &event.usage.completion_tokens,
                                                 &event.usage.cached_tokens, &event.usage.reasoning_tokens};
  std::uint64_t value = 0;
  for (auto* const count : counts) {
    if (!number(value)) return false;
    if (value > 0) *count = static_cast<std::int64_t>(value - 1);
  }
  if (!number(value)) return false;
  event.usage.estimated = value != 0;
  std::chrono::nanoseconds* const spans[] = {&event.timings.total, &event.timings.load,
                                             &event.timings.prefill, &event.timings.decode};
  for (auto* const span : spans) {
    if (!number(value)) return false;
    *span = std::chrono::nanoseconds(value);
  }
  return true;
}

bool Unpacker::next(core::Event& event) {
  pos_ = at_;
  if (pos_ >= packed_.size()) return false;
  const auto kind = static_cast<std::uint8_t>(packed_[pos_++]);
  if (kind >= static_cast<std::uint8_t>(Kind::failure)) return false;
  event = core::Event{};
  event.kind = static_cast<Kind>(kind);
  std::uint64_t value = 0;
  if (!number(value)) return false;
  event.choice = static_cast<std::int32_t>(value);
  bool whole = true;
  switch (event.kind) {
    case Kind::tool_call:
      whole = number(value);
      event.tool_index = static_cast<std::int32_t>(value);
      whole = whole && text(event.tool_id) && text(event.tool_name) && text(event.text);
      break;
    case Kind::finish:
      whole = number(value) && (value < with_stop || text(event.text));
      value %= with_stop;
      whole = whole && value <= static_cast<std::uint64_t>(core::FinishReason::content_filter);
      event.finish = static_cast<core::FinishReason>(value);
      break;
    case Kind::usage:
      whole = usage(event);
      break;
    default:
      whole = text(event.text);
  }
  if (whole) at_ = pos_;
  return whole;
}

}  // namespace codecrucible::cache

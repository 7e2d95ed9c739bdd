#include "history/signals.hpp"

#include <xxhash.h>

#include <algorithm>

namespace codecrucible::history {
namespace {

constexpr std::size_t long_text = 2048;

std::uint64_t mix(std::uint64_t key, std::string_view text) noexcept {
  if (text.size() <= long_text) return XXH3_64bits_withSeed(text.data(), text.size(), key);
  key = XXH3_64bits_withSeed(text.data(), long_text / 2, key ^ text.size());
  return XXH3_64bits_withSeed(text.data() + text.size() - long_text / 2, long_text / 2, key);
}

std::uint64_t mix(std::uint64_t key, const core::Message& message) noexcept {
  key += static_cast<std::uint64_t>(message.role) + 1;
  for (const auto& part : message.parts) {
    key = mix(key, part.text);
    if (part.kind == core::Part::Kind::image) {
      key = mix(key, part.image.base64.empty() ? part.image.url : part.image.base64);
    }
  }
  for (const auto& call : message.tool_calls) key = mix(mix(key, call.name), call.arguments);
  return key;
}

std::string_view text_of(const core::Message& message) noexcept {
  std::string_view text;
  for (const auto& part : message.parts) {
    if (part.text.size() > text.size()) text = part.text;
  }
  return text;
}

// The results since the assistant's last turn.
bool tools_failed(const core::ChatRequest& request) {
  for (auto at = request.messages.rbegin(); at != request.messages.rend(); ++at) {
    if (at->role == core::Role::assistant) return false;
    if (at->role == core::Role::tool && (at->is_error || reports_failure(text_of(*at)))) return true;
  }
  return false;
}

}  // namespace

Turn turn_of(const core::ChatRequest& request) {
  Turn turn;
  turn.messages = static_cast<std::uint32_t>(request.messages.size());
  std::uint64_t key = mix(1, request.prompt);
  if (!request.suffix.empty()) key = mix(key, request.suffix);
  std::uint32_t position = 0;
  bool answered = false;
  for (const auto& message : request.messages) {
    if (message.role == core::Role::user) {
      turn.before = key;
      turn.last = mix(1, message);
      turn.user_position = position;
    }
    answered = answered || message.role == core::Role::assistant;
    key = mix(key, message);
    ++position;
  }
  turn.all = key == 0 ? 1 : key;
  if (request.messages.empty()) return turn;
  const auto& last = request.messages.back();
  turn.complains = answered && last.role == core::Role::user && complains(text_of(last));
  turn.tool_failed = tools_failed(request);
  return turn;
}

Seen seen_of(const Record& record, std::int64_t number) {
  Seen seen;
  seen.number = number;
  seen.at = record.at;
  seen.duration = record.duration;
  seen.turn = record.turn;
  seen.answered = !record.failure;
  seen.tool_calls = record.tool_calls;
  if (!record.attempts.empty()) seen.model = record.attempts.back().model;
  return seen;
}

}  // namespace codecrucible::history

#include "wire/openai/tool_calls.hpp"

namespace codecrucible::wire::openai {

// FNV-1a.
std::string made_call_id(std::string_view seed, std::int32_t choice, std::int32_t number) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&hash](std::int32_t byte) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  };
  for (char c : seed) mix(c);
  mix(choice);
  mix(number);
  mix(number >> 8);
  std::string id = "call_";
  for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[hash >> shift & 15];
  return id;
}

void ObjectWatch::feed(std::string_view text) {
  for (char c : text) {
    if (escape_) {
      escape_ = false;
    } else if (in_string_) {
      if (c == '\\') escape_ = true;
      if (c == '"') in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      begun_ = true;
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
  }
}

// The call this piece belongs to; calls_.size() if it begins a new one.
std::size_t ToolCalls::place(const ToolPiece& piece, std::string_view id, std::string_view name) const {
  if (calls_.empty()) return 0;
  std::size_t found = calls_.size();
  if (piece.index) {
    for (std::size_t i = calls_.size(); i-- > 0 && found == calls_.size();) {
      if (calls_[i].upstream_index == *piece.index) found = i;
    }
    if (found == calls_.size()) return found;
  } else {
    found = calls_.size() - 1;
    for (std::size_t i = 0; i < calls_.size() && !id.empty(); ++i) {
      if (calls_[i].id == id) found = i;
    }
  }
  const Call& call = calls_[found];
  if (!id.empty() && !call.id.empty() && id != call.id) return calls_.size();
  if (!name.empty() && !call.name.empty()) {
    if (name != call.name) return calls_.size();
    // The same name again: a repetition while the arguments still come, else a second call.
    if ((id.empty() || call.id.empty()) && call.arguments.complete()) return calls_.size();
  }
  return found;
}

bool ToolCalls::take(const ToolPiece& piece, std::int32_t choice, std::string_view seed, core::Arena& memory,
                     core::Events& out) {
  const std::string_view id = unescape(piece.id, memory);
  const std::string_view name = unescape(piece.name, memory);
  const std::string_view arguments = unescape(piece.arguments, memory);
  const std::size_t number = place(piece, id, name);
  const bool fresh = number == calls_.size();
  if (fresh) {
    Call& call = calls_.emplace_back();
    call.upstream_index = piece.index.value_or(-1);
    call.id = id;
  }
  Call& call = calls_[number];
  call.arguments.feed(arguments);

  core::Event event;
  event.kind = core::Event::Kind::tool_call;
  event.choice = choice;
  event.tool_index = static_cast<std::int32_t>(number);
  event.text = arguments;
  bool proper = !piece.odd && piece.index == static_cast<std::int64_t>(number);
  if (call.name.empty()) {
    if (name.empty()) {
      call.waiting += arguments;
      return false;
    }
    call.name = name;
    if (call.id.empty()) call.id = id;
    proper = proper && fresh && !id.empty() && piece.has_type;
    if (call.id.empty()) call.id = made_call_id(seed, choice, event.tool_index);
    event.tool_id = memory.copy(call.id);
    event.tool_name = name;
    if (!call.waiting.empty()) event.text = memory.join({call.waiting, arguments});
  } else {
    proper = proper && !piece.has_id && !piece.has_name && !piece.has_type;
    if (arguments.empty()) return proper;
  }
  out.push_back(event);
  return proper;
}

}  // namespace codecrucible::wire::openai

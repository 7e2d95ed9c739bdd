#include "wire/openai/mould.hpp"

#include <cstring>

namespace codecrucible::wire::openai {
namespace {

void split(std::string_view whole, std::string_view part, std::string& head, std::string& tail) {
  const auto at = static_cast<std::size_t>(part.data() - whole.data());
  head.assign(whole.substr(0, at));
  tail.assign(whole.substr(at + part.size()));
}

}  // namespace

void Mould::learn(std::string_view data, std::string_view text, std::int32_t choice, bool reasoning,
                  std::string_view mended, std::string_view mended_text) {
  split(data, text, head_, tail_);
  mended_head_.clear();
  mended_tail_.clear();
  if (!mended.empty()) split(mended, mended_text, mended_head_, mended_tail_);
  choice_ = choice;
  reasoning_ = reasoning;
}

bool Mould::fits(std::string_view data, JsonString& text) const {
  if (head_.empty() || data.size() <= head_.size() + tail_.size()) return false;
  const std::size_t inside = data.size() - head_.size() - tail_.size();
  if (std::memcmp(data.data() + head_.size() + inside, tail_.data(), tail_.size()) != 0 ||
      std::memcmp(data.data(), head_.data(), head_.size()) != 0) {
    return false;
  }
  JsonReader json(data.substr(head_.size() - 1));
  return json.read_string(text) && text.raw.size() == inside;
}

const JsonString* only_words(const Chunk& chunk) {
  if (chunk.choices.size() != 1 || chunk.usage_member == Given::value || chunk.has_timings || chunk.error)
    return nullptr;
  const ChoicePart& part = chunk.choices.front();
  if (part.finish_member == Given::value || part.tool_calls != Given::absent || !part.logprobs.empty() ||
      !part.refusal.raw.empty()) {
    return nullptr;
  }
  if (part.reasoning == Given::value) {
    const bool alone = part.content != Given::value && part.reasoning_members == 1;
    return alone && !part.reasoning_text.raw.empty() ? &part.reasoning_text : nullptr;
  }
  return part.content == Given::value && !part.text.raw.empty() ? &part.text : nullptr;
}

}  // namespace codecrucible::wire::openai

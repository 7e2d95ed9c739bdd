#include "wire/think_splitter.hpp"

#include <algorithm>

namespace codecrucible::wire {
namespace {

constexpr std::string_view open_tag = "<think>";
constexpr std::string_view close_tag = "</think>";
constexpr std::size_t most_choices = 128;

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

// Length of the longest end of `text` that could grow into `tag`.
std::size_t begun(std::string_view text, std::string_view tag) {
  for (auto size = std::min(text.size(), tag.size() - 1); size > 0; --size) {
    if (text.ends_with(tag.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

ThinkSplitter::Choice& ThinkSplitter::choice_of(const core::Event& event) {
  const auto index = std::min<std::size_t>(static_cast<std::size_t>(std::max(event.choice, 0)), most_choices);
  while (choices_.size() <= index) {
    choices_.emplace_back().place = tags_ == core::ThinkTags::inside ? Place::thinking : Place::before;
  }
  return choices_[index];
}

void ThinkSplitter::split(core::Events& events) {
  if (tags_ == core::ThinkTags::none) return;
  using Kind = core::Event::Kind;
  out_.clear();
  kept_.clear();
  for (auto& event : events) {
    auto& choice = choice_of(event);
    if (event.kind == Kind::text) {
      take(choice, event, event.text);
      continue;
    }
    if (event.kind == Kind::reasoning) choice.place = Place::answer;  // it splits by itself
    if (event.kind == Kind::tool_call || event.kind == Kind::finish) {
      let_go(static_cast<std::size_t>(&choice - choices_.data()));
    }
    if (event.kind == Kind::failure || event.kind == Kind::usage) {
      for (std::size_t i = 0; i < choices_.size(); ++i) let_go(i);
    }
    out_.push_back(std::move(event));
  }
  events.swap(out_);
}

void ThinkSplitter::take(Choice& choice, core::Event event, std::string_view text) {
  if (choice.place == Place::answer) return emit(choice, std::move(event), text);
  if (!choice.held.empty()) {
    choice.held += text;
    text = kept_.emplace_back(std::move(choice.held));
    choice.held.clear();
  }
  if (choice.place == Place::before) {
    const auto rest = without_blanks(text);
    if (rest.size() < open_tag.size() && open_tag.starts_with(rest)) {
      choice.held = text;
      return;
    }
    if (!rest.starts_with(open_tag)) {
      choice.place = Place::answer;
      choice.fresh = false;
      return emit(choice, std::move(event), text);
    }
    choice.place = Place::thinking;
    text = rest.substr(open_tag.size());
  }
  const auto end = text.find(close_tag);
  if (end != std::string_view::npos) {
    emit(choice, event, text.substr(0, end));
    choice.place = Place::answer;
    choice.fresh = true;
    return emit(choice, std::move(event), text.substr(end + close_tag.size()));
  }
  const auto open = begun(text, close_tag);
  emit(choice, std::move(event), text.substr(0, text.size() - open));
  choice.held = text.substr(text.size() - open);
}

void ThinkSplitter::emit(Choice& choice, core::Event event, std::string_view text) {
  if (choice.fresh) text = without_blanks(text);
  if (text.empty()) return;
  choice.fresh = false;
  event.kind = choice.place == Place::thinking ? core::Event::Kind::reasoning : core::Event::Kind::text;
  event.text = text;
  out_.push_back(std::move(event));
}

// Nothing more can complete the tag: what was held is text like any other.
void ThinkSplitter::let_go(std::size_t index) {
  auto& choice = choices_[index];
  if (choice.held.empty()) return;
  core::Event event;
  event.choice = static_cast<std::int32_t>(index);
  const std::string_view text = kept_.emplace_back(std::move(choice.held));
  choice.held.clear();
  if (choice.place == Place::before) {
    choice.place = Place::answer;
    choice.fresh = false;
  }
  emit(choice, std::move(event), text);
}

}  // namespace codecrucible::wire

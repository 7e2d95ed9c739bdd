#pragma once

#include "gateway/listener.hpp"
#include "history/settings.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace codecrucible::gateway {

// The words of an answer for the history, when `storeContent` wants them: the text of the first choice, and a
// line for each call of a tool. No more than `maxContent` bytes.
class HeardAnswer final : public AnswerListener {
 public:
  explicit HeardAnswer(const history::Settings& settings)
      : wanted_(settings.enabled && settings.store_content != history::StoreContent::none),
        limit_(settings.max_content) {}

  bool wanted() const noexcept { return wanted_; }
  const std::string& text() const noexcept { return text_; }
  bool cut() const noexcept { return cut_; }

  void begin() override {
    text_.clear();
    cut_ = false;
  }
  void hear(const core::Event& event) override {
    using Kind = core::Event::Kind;
    if (event.choice != 0) return;
    if (event.kind == Kind::tool_call && !event.tool_name.empty()) {
      add("\n[tool ");
      add(event.tool_name);
      add("] ");
    }
    if (event.kind == Kind::text || event.kind == Kind::refusal || event.kind == Kind::tool_call)
      add(event.text);
  }

 private:
  void add(std::string_view text) {
    const auto room = limit_ - std::min(limit_, text_.size());
    cut_ = cut_ || text.size() > room;
    text_ += text.substr(0, room);
  }

  bool wanted_;
  std::size_t limit_;
  std::string text_;
  bool cut_ = false;
};

}  // namespace codecrucible::gateway

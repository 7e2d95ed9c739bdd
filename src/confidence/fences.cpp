#include "confidence/text.hpp"
#include "confidence/watches.hpp"

namespace codecrucible::confidence {
namespace {

// Languages whose brackets must balance and whose quotes are plain enough to know.
bool balances(std::string_view tag) noexcept {
  for (const std::string_view known : {"c", "cpp", "c++", "java", "js", "ts", "json", "go", "javascr",
                                       "typescr", "csharp", "cs", "php", "kotlin", "swift"}) {
    if (tag == known) return true;
  }
  return false;
}

}  // namespace

void FenceWatch::feed(std::string_view piece) noexcept {
  for (const char c : piece) {
    if (c == '\n') {
      line_end();
      continue;
    }
    ++column_;
    if (in_tag_) {
      if (tag_length_ < 7 && !is_space(c)) tag_[tag_length_++] = lower(c);
      if (c == '`') in_tag_ = false;  // inline code of three backticks
      continue;
    }
    if (spaces_only_) {
      if (c == ' ' || c == '\t') {
        if (run_ > 0) spaces_only_ = false;
        continue;
      }
      if ((c == '`' || c == '~') && (run_ == 0 || c == mark_)) {
        if (open_ && c != tag_[7] && run_ == 0) {
          spaces_only_ = false;
          continue;
        }
        mark_ = c;
        ++run_;
        continue;
      }
      spaces_only_ = false;
      if (run_ >= 3 && !open_) {
        in_tag_ = true;
        tag_length_ = 0;
        if (!is_space(c)) tag_[tag_length_++] = lower(c);
        continue;
      }
      if (column_ > 4 && !open_) ++indented_;
      run_ = 0;
    }
    if (!open_ || !balanced_language_) continue;
    if (quote_ != 0) {
      if (c == quote_ && previous_ != '\\') quote_ = 0;
    } else if (c == '"') {
      quote_ = c;
    } else if (previous_ != '\'') {
      constexpr std::string_view pairs = "()[]{}";
      const auto which = pairs.find(c);
      if (which != std::string_view::npos) depth_[which / 2] += which % 2 == 0 ? 1 : -1;
    }
    previous_ = previous_ == '\\' ? '\0' : c;
  }
}

void FenceWatch::line_end() noexcept {
  const bool fence = run_ >= 3 && (in_tag_ || spaces_only_);
  if (fence && !open_) {
    open_ = true;
    fence_run_ = run_;
    balanced_language_ = in_tag_ && balances(std::string_view(tag_.data(), tag_length_));
    depth_ = {};
    tag_[7] = mark_;
  } else if (fence && open_ && run_ >= fence_run_ && !in_tag_) {
    open_ = false;
    ++fences_;
    for (const int depth : depth_) unbalanced_ = unbalanced_ || (balanced_language_ && depth != 0);
  }
  quote_ = previous_ = 0;
  run_ = column_ = 0;
  spaces_only_ = true;
  in_tag_ = false;
}

}  // namespace codecrucible::confidence

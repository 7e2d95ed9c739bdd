#include "cli/markdown.hpp"

#include <utility>

namespace codecrucible::cli {

void Markdown::feed(std::string_view text, std::string& out) {
  if (!style_.colour) {
    out += text;
    return;
  }
  for (const char c : text) take(c, out);
}

void Markdown::end(std::string& out) {
  if (line_start_) line_mark_decided(out);
  out += held_;
  held_.clear();
  out += style_.off();
}

void Markdown::take(char c, std::string& out) {
  if (c == '\n') {
    if (line_start_) line_mark_decided(out);
    if (!held_.empty() && held_ != "**") out += held_;
    held_.clear();
    fence_line_ = heading_ = bold_ = false;
    if (!fence_) code_ = false;
    line_start_ = true;
    restyle(out);
    out += c;
    return;
  }
  if (line_start_) {
    start_of_line(c, out);
  } else {
    inside_line(c, out);
  }
}

void Markdown::start_of_line(char c, std::string& out) {
  const bool may_be_mark =
      c == '`' || (!fence_ && (c == '#' || c == '-' || c == '*')) || (held_.empty() && c == ' ');
  const bool same_kind = held_.empty() || held_.back() == c || held_.back() == ' ';
  if (may_be_mark && same_kind && held_.size() < 12) {
    held_ += c;
    return;
  }
  const bool bullet = !fence_ && c == ' ' && !held_.empty() && (held_.back() == '-' || held_.back() == '*') &&
                      held_.find_first_of("-*") == held_.size() - 1;
  if (bullet) {
    held_.back() = ' ';
    out += held_;
    out.pop_back();
    out += "• ";
    held_.clear();
    line_start_ = false;
    return;
  }
  line_mark_decided(out);
  inside_line(c, out);
}

// The held beginning of the line is complete: a fence, a heading, or plain text.
void Markdown::line_mark_decided(std::string& out) {
  line_start_ = false;
  const auto mark = held_.find_first_not_of(' ');
  const std::string_view text =
      mark == std::string::npos ? std::string_view() : std::string_view(held_).substr(mark);
  if (text.starts_with("```")) {
    fence_ = !fence_;
    fence_line_ = true;
    code_ = false;
    out += style_.dim();
    out += held_;
    held_.clear();
  } else if (!fence_ && text.starts_with('#')) {
    heading_ = true;
    restyle(out);
    out += held_;
    held_.clear();
  } else if (text == "**" || text == "`") {
    // An inline mark that happens to open the line: let inside_line see it.
    const std::string mark_text = std::exchange(held_, {});
    for (const char c : mark_text) inside_line(c, out);
  } else {
    out += held_;
    held_.clear();
  }
}

void Markdown::inside_line(char c, std::string& out) {
  if (fence_ || fence_line_) {
    out += c;
    return;
  }
  if (c == '`') {
    out += held_;
    held_.clear();
    code_ = !code_;
    restyle(out);
    return;
  }
  if (c == '*' && !code_) {
    held_ += c;
    if (held_ == "**") {
      held_.clear();
      bold_ = !bold_;
      restyle(out);
    }
    return;
  }
  out += held_;
  held_.clear();
  out += c;
}

void Markdown::restyle(std::string& out) const {
  out += style_.off();
  if (fence_) out += style_.cyan();
  if (heading_ || bold_) out += style_.bold();
  if (code_) out += style_.cyan();
}

}  // namespace codecrucible::cli

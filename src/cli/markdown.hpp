#pragma once

#include "cli/terminal.hpp"

#include <string>
#include <string_view>

namespace codecrucible::cli {

// Lightly renders streamed Markdown on a terminal: headings, bold, inline code, fences, bullets. Text comes
// in any cut and goes out as early as possible; only characters that may be a mark are held until the next
// one decides. Without colours it passes everything through as it is.
class Markdown {
 public:
  explicit Markdown(Style style) : style_(style) {}

  void feed(std::string_view text, std::string& out);
  // The answer ended: gives out what was held and resets the terminal's attributes.
  void end(std::string& out);

 private:
  void take(char c, std::string& out);
  void start_of_line(char c, std::string& out);
  void inside_line(char c, std::string& out);
  void line_mark_decided(std::string& out);
  void restyle(std::string& out) const;

  Style style_;
  std::string held_;        // possible mark: "**", "```", "##", "- "
  bool line_start_ = true;  // nothing but a possible mark was seen in this line
  bool fence_ = false;
  bool fence_line_ = false;  // in the line of the fence mark itself
  bool heading_ = false;
  bool bold_ = false;
  bool code_ = false;
};

}  // namespace codecrucible::cli

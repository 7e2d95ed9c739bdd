#include "classifier/scan.hpp"

#include "classifier/lines.hpp"
#include "classifier/prose.hpp"

#include <algorithm>

namespace codecrucible::classifier {
namespace {

// Head and tail that are read of a text that is longer than both. The tail has tokens of its own: what is
// wanted often stands below the log or the code.
constexpr std::size_t head_bytes = 5 * 1024;
constexpr std::size_t tail_bytes = 3 * 1024;
constexpr std::size_t head_tokens = max_tokens - 512;

class Reader {
 public:
  Reader(std::string_view whole, Scan& out) noexcept : out_(out), prose_(whole, out) {}

  // `limit`: tokens there may be when it is done.
  void read(std::string_view text, std::size_t limit) noexcept {
    prose_.limit(limit);
    while (!text.empty()) {
      const auto end = text.find('\n');
      const auto line = text.substr(0, end);
      read_line(line);
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    prose_.end_sentence();
  }

  // Some of the text is left out: whether a fence is open is no longer known.
  void skip() noexcept { in_fence_ = in_file_ = after_code_ = false; }

 private:
  void read_line(std::string_view line) noexcept {
    auto& shape = out_.shape;
    ++shape.lines;
    if (in_fence_ || in_file_) {
      const auto start = line.find_first_not_of(" \t");
      const auto text = start == std::string_view::npos ? std::string_view{} : line.substr(start);
      if (in_fence_ && (text.starts_with("```") || text.starts_with("~~~"))) {
        in_fence_ = false;
      } else if (in_file_ && text.starts_with("</") && look_at(line, false).kind == LineKind::close_file) {
        in_file_ = false;
      } else if (looks_like_trace(text)) {
        ++shape.trace_lines;
      } else {
        if (text.starts_with("@@ -")) ++shape.diff_lines;
        count_code(line);
      }
      shape.code_last = true;
      after_code_ = true;
      return;
    }
    const auto seen = look_at(line, after_code_);
    switch (seen.kind) {
      case LineKind::blank:
        prose_.end_sentence();
        return;
      case LineKind::fence:
        // A fence that closes on its own line is a piece of code in prose.
        in_fence_ = seen.body.find("```", 3) == std::string_view::npos;
        ++shape.fences;
        mark_code();
        return;
      case LineKind::open_file:
        in_file_ = seen.body.find("</") == std::string_view::npos && !seen.body.ends_with("/>");
        ++shape.files;
        mark_code();
        return;
      case LineKind::close_file:
        return;
      case LineKind::code:
        count_code(line);
        mark_code();
        return;
      case LineKind::trace:
        ++shape.trace_lines;
        mark_code();
        prose_.read(seen.body.substr(0, 300));
        return;
      case LineKind::diff:
        ++shape.diff_lines;
        mark_code();
        return;
      case LineKind::data:
        ++shape.data_lines;
        mark_code();
        return;
      case LineKind::bullet:
        ++shape.bullets;
        prose_.start_bullet();
        break;
      case LineKind::heading:
        ++shape.headings;
        break;
      case LineKind::prose:
        break;
    }
    after_code_ = false;
    shape.code_last = false;
    ++shape.prose_lines;
    shape.prose_bytes += static_cast<std::uint32_t>(seen.body.size());
    prose_.read(seen.body);
    prose_.end_sentence();
  }

  void count_code(std::string_view line) noexcept {
    ++out_.shape.code_lines;
    out_.shape.code_bytes += static_cast<std::uint32_t>(line.size());
  }
  void mark_code() noexcept {
    prose_.end_sentence();
    if (out_.count == 0) out_.shape.code_first = true;
    out_.shape.code_last = true;
    after_code_ = true;
  }

  Scan& out_;
  ProseReader prose_;
  bool in_fence_ = false;
  bool in_file_ = false;
  bool after_code_ = false;
};

}  // namespace

std::uint32_t hash_of(Token::Sort sort) noexcept {
  return 0x9e3779b9U * (static_cast<std::uint32_t>(sort) + 1);
}

void scan(std::string_view text, Scan& out) noexcept {
  out.shape = {};
  out.count = 0;
  out.sentences = 0;
  out.shape.bytes = static_cast<std::uint32_t>(text.size() < 0xffffffffU ? text.size() : 0xffffffffU);
  Reader reader(text, out);
  if (text.size() <= tail_bytes) return reader.read(text, max_tokens);
  auto split = text.size() - tail_bytes;
  const auto line = text.find('\n', split);
  if (line != std::string_view::npos && line < split + tail_bytes / 2) split = line + 1;
  out.shape.cut = split > head_bytes;
  reader.read(text.substr(0, std::min(split, head_bytes)), head_tokens);
  if (out.shape.cut) reader.skip();
  reader.read(text.substr(split), max_tokens);
}

}  // namespace codecrucible::classifier

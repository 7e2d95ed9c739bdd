#pragma once

#include "wire/dialect.hpp"
#include "wire/ollama/reply_text.hpp"

#include <string>
#include <string_view>

namespace codecrucible::wire::ollama {

// Writes a reply's events as the lines of /api/chat or /api/generate. A text event costs three appends. Calls
// of tools are collected and written complete, one line each (traps E4). For the .cpp files of this folder
// only.
class LineEncoder final : public StreamEncoder {
 public:
  explicit LineEncoder(const ReplyContext& context);

  void encode(const core::Event& event, std::string& out) override;
  void finish(std::string& out) override;
  void keep_alive(std::string& out) override;

  // Writes the call that is being collected, if any.
  void flush_call(std::string& out);
  // A piece of the answer went to the client past this encoder: counts for the estimate of tokens.
  void count_piece() { ++ending_.pieces; }

 private:
  void line(std::string_view opening, std::string_view text, std::string_view closing, std::string& out);
  void collect(const core::Event& event, std::string& out);
  void join_logprobs(std::string_view entries, std::string& out);

  const ReplyContext& context_;
  bool chat_;
  std::string text_opening_, reasoning_opening_, calls_opening_;
  std::string call_id_, call_name_, call_arguments_;
  int call_index_ = -1;     // -1: none is being collected
  bool text_last_ = false;  // the last line written holds text and no logprobs
  bool ended_ = false;
  Ending ending_;
};

}  // namespace codecrucible::wire::ollama

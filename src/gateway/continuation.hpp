#pragma once

#include "core/chat.hpp"
#include "core/fleet_view.hpp"
#include "gateway/listener.hpp"

#include <cstddef>
#include <string>

namespace codecrucible::gateway {

// What the client has of a streamed answer, so that another backend may go on with it where the first one
// broke off (fallback.midStream: continue). Only plain text can be continued: reasoning, tool calls, several
// answers, logprobs and promised formats end in an error as ever.
class Continuation final : public AnswerListener {
 public:
  // The request is of a kind whose answer may be continued.
  static bool suits(const core::ChatRequest& request);
  // These servers go on with an assistant's message that stands last.
  static bool can_continue(core::ProviderKind kind);

  void begin() override;
  void hear(const core::Event& event) override;

  // All that was heard so far has gone to the client.
  void sent() { sent_ = text_.size(); }
  // There is text to go on with, and nothing but text.
  bool possible() const { return plain_ && sent_ > 0; }
  // Puts the text into the request as the assistant's unfinished message. The request's views of it hold
  // until the next call.
  void put_into(core::ChatRequest& request);

 private:
  std::string text_;   // heard
  std::string given_;  // as the request has it
  std::size_t sent_ = 0;
  bool plain_ = true;
  bool continues_ = false;  // the next attempt adds to the text
  bool in_request_ = false;
};

}  // namespace codecrucible::gateway

#pragma once

#include "core/arena.hpp"
#include "core/event.hpp"
#include "wire/dialect.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::wire::openai {

// What a relayed reply turned out to hold, for accounting and confidence.
struct Observed {
  bool content = false;   // a piece of text, reasoning or a tool call went by
  bool complete = false;  // terminal mark seen ([DONE], or finish of every choice)
  std::uint32_t events = 0;
  std::uint32_t repaired = 0;  // events that had to be written anew
  std::optional<core::FinishReason> finish;
  core::Usage usage;
  core::Timings timings;
  std::string model;  // as the backend names it
  std::optional<core::Failure> failure;
};

// The same-dialect lane: OpenAI chunks in, OpenAI chunks out. A well-formed event goes on as its original
// bytes; one that breaks a rule (role repeated, index missing, usage chunk nobody asked for, error object,
// empty tool_calls …; traps B1–B18) is decoded and written anew. Bytes may come in any cut. One per reply.
class Relay {
 public:
  virtual ~Relay() = default;
  // Appends what may go to the client now. If `events` is given, the decoded pieces are added too (for
  // confidence/); their views live until the next call.
  virtual void feed(std::string_view bytes, std::string& out, core::Events* events) = 0;
  // The backend's stream ended. Without a terminal mark this is a failure: writes the error frame.
  virtual void end(std::string& out, core::Events* events) = 0;
  // Ends the client's stream with this failure (stall, cut connection, shutdown).
  virtual void fail(const core::Failure& failure, std::string& out) = 0;
  virtual void keep_alive(std::string& out) = 0;
  virtual const Observed& observed() const = 0;
};

// For surface openai_chat and openai_completions.
std::unique_ptr<Relay> make_relay(const ReplyContext& context);

// The events of a whole reply, for whoever wants them beside the bytes. Views live as long as this and the
// body.
struct Decoded {
  Decoded() { events.reserve(6); }  // start, text, finish, usage and what else is usual
  core::Arena memory;
  core::Events events;
};

// A whole reply in the same dialect: checks it, and gives back the body to send — the original bytes if
// nothing is wrong with them, else a mended copy in `storage`.
std::string_view relay_whole(const ReplyContext& context, std::string_view body, std::string& storage,
                             Observed& observed, Decoded* decoded = nullptr);

}  // namespace codecrucible::wire::openai

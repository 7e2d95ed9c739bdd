#pragma once

#include "core/chat.hpp"
#include "core/event.hpp"
#include "core/failure.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire {

namespace responses {
struct Asked;
}

// What an answer used that the client does not see, because a stronger model's stands in its place.
struct GivenUp {
  std::string model;
  core::Usage usage;
};

// What the encoders must know about the reply besides its events. Outlives the encoder.
struct ReplyContext {
  core::Surface surface = core::Surface::openai_chat;
  std::string id;     // "chatcmpl-…", made by the gateway
  std::string model;  // the name the client sees
  std::chrono::system_clock::time_point created{};
  bool include_usage = false;      // OpenAI streams: send the usage chunk
  bool begun = false;              // the client has the beginning of this answer: what follows continues it
  std::int64_t prompt_tokens = 0;  // our estimate, for dialects that report before the backend does
  std::string reasoning_field = "reasoning_content";  // OpenAI: name of the field that carries reasoning
  std::string request_id;                             // Anthropic: errors repeat it
  bool show_reasoning = true;                         // Anthropic: the client enabled thinking
  bool one_call = false;                              // Anthropic: calls after the first are not wanted
  bool function_call = false;  // OpenAI chat: calls are told in the deprecated form, which holds one only
  const responses::Asked* asked = nullptr;  // Responses: what the reply repeats of its request
  // Usage counts these too, and tells the parts in an extension member "codecrucible". Written by encoders
  // only, not by relays.
  std::vector<GivenUp> given_up;
};

// The whole of what was used: the answer's own and what was given up before it.
core::Usage summed(core::Usage own, const ReplyContext& context);
// `"codecrucible":{"fast":{"model":…,"prompt_tokens":…,"completion_tokens":…},"strong":{…}}`; with several
// given up, "fast" is the first and the others stand between as "step2" …. Nothing if none was given up.
void append_parts(std::string& out, const core::Usage& own, const ReplyContext& context);

// Writes one reply's events as the frames of one client dialect. One per reply; `out` is appended to and
// may be flushed to the client after any call. A failure event writes the dialect's in-stream error and ends
// the stream; it never fakes a regular end.
class StreamEncoder {
 public:
  virtual ~StreamEncoder() = default;
  virtual void encode(const core::Event& event, std::string& out) = 0;
  // After the last event of a complete reply: whatever closes the stream ("data: [DONE]", the done:true
  // line).
  virtual void finish(std::string& out) = 0;
  // Something that tells the client we live, harmless to every SDK (traps A4); may be empty.
  virtual void keep_alive(std::string& out) = 0;
};

// Gathers the events of one reply and writes it whole (`stream: false`).
class WholeEncoder {
 public:
  virtual ~WholeEncoder() = default;
  virtual void gather(const core::Event& event) = 0;
  virtual void write(std::string& out) = 0;
};

std::unique_ptr<StreamEncoder> make_stream_encoder(const ReplyContext& context);
std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context);

// Content-Type of a streamed reply on this surface: text/event-stream or application/x-ndjson.
std::string_view stream_content_type(core::Surface surface) noexcept;

// The status that tells this surface's clients a cause: core::http_status, but Anthropic's know 529 as the
// one for overload, and wait longer for it.
int status_of(core::Surface surface, core::Cause cause) noexcept;

// Error body (JSON) in the surface's own shape, for the status above.
std::string error_body(core::Surface surface, const core::Failure& failure, std::string_view request_id);

// Reads a backend's reply, streamed: bytes in any cut, events out. Views in `out` live until the next call.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  virtual void feed(std::string_view bytes, core::Events& out) = 0;
  // The connection ended: tries what is left (traps A12), and says failure{cut} if no terminal mark was seen.
  virtual void end(core::Events& out) = 0;
  // True once the terminal mark was read: the body may be dropped.
  virtual bool complete() const = 0;
};

}  // namespace codecrucible::wire

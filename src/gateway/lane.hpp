#pragma once

#include "core/chat.hpp"
#include "core/clock.hpp"
#include "core/event.hpp"
#include "core/think_tags.hpp"
#include "gateway/listener.hpp"
#include "providers/provider.hpp"
#include "wire/dialect.hpp"
#include "wire/openai/relay.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace codecrucible::gateway {

using wire::openai::Observed;

// The way of one streamed reply from the backend's bytes to the client's: either the same bytes (verbatim) or
// decoded and written anew. One per attempt; what it appends to `out` may be held back or sent by the caller.
class Lane {
 public:
  virtual ~Lane() = default;
  // Every event from now on is told to these too; empty = nobody listens. Outlive the lane.
  virtual void listen(std::span<AnswerListener* const> listeners) = 0;
  virtual void feed(std::string_view bytes, std::string& out) = 0;
  // The backend's body ended. Observed tells whether that was a proper end.
  virtual void end(std::string& out) = 0;
  // Writes the client's in-stream error; nothing may follow.
  virtual void fail(const core::Failure& failure, std::string& out) = 0;
  virtual const Observed& observed() const = 0;
};

std::unique_ptr<Lane> make_verbatim_lane(const wire::ReplyContext& context);
// `think_tags`: reasoning to be told apart from the text. `asked` is when the request was sent: Ollama's
// clients are told durations, ours where the backend names none.
std::unique_ptr<Lane> make_translated_lane(const core::ChatRequest& request,
                                           const providers::Provider& provider,
                                           const wire::ReplyContext& context, core::Time asked,
                                           core::ThinkTags think_tags);

// A whole reply in the client's own dialect: the original bytes if nothing is wrong with them, else a mended
// copy in `storage`.
std::string_view relay_whole(const wire::ReplyContext& context, std::string_view body, std::string& storage,
                             Observed& observed, std::span<AnswerListener* const> listeners);

// Tells events to everybody who listens.
void tell(std::span<AnswerListener* const> listeners, const core::Events& events);

// Counts what an event says; shared by all lanes.
void observe(const core::Event& event, Observed& observed);

}  // namespace codecrucible::gateway

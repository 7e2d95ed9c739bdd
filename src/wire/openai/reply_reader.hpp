#pragma once

#include "core/arena.hpp"
#include "core/event.hpp"
#include "wire/openai/chunk.hpp"
#include "wire/openai/tool_calls.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::openai {

// What a reply must look like to go on unchanged.
struct ReplyRules {
  bool completion = false;  // text_completion: no delta, no role
  bool whole = false;       // messages, not deltas
  bool include_usage = false;
  std::string_view reasoning_field = "reasoning_content";
};

// The state of one reply while its chunks come in: turns them into events and judges whether each was as
// OpenAI would have sent it (traps B1 to B18).
class ReplyReader {
 public:
  enum class Judgement : std::uint8_t {
    sound,  // may go on as its own bytes
    mend,   // breaks a rule: write anew
    drop,   // says nothing that the client asked for
  };

  explicit ReplyReader(const ReplyRules& rules) : rules_(rules) {}

  // Texts that had to be unescaped live in `memory`.
  Judgement take(const Chunk& chunk, core::Arena& memory, core::Events& out);
  // A plain piece of text or reasoning of a choice that take() has seen before.
  void take_text(std::int32_t choice, bool reasoning, std::string_view text, core::Events* out);

  // The reply is over. `marked`: its terminal mark was read. Adds what is missing — a finish that the backend
  // left out, the usage — or the failure that this end is.
  std::optional<core::Failure> conclude(bool marked, core::Events& out);

  bool role_sent(std::int32_t choice) const;
  bool finished(std::int32_t choice) const;
  bool all_finished() const noexcept;
  bool any_content() const noexcept { return content_; }
  std::uint32_t pieces() const noexcept { return pieces_; }

  // As the first chunk has them; all chunks of a reply share them.
  const std::string& id() const noexcept { return id_; }
  const std::string& model() const noexcept { return model_; }
  const std::string& created() const noexcept { return created_; }

  const core::Usage& usage() const noexcept { return usage_; }
  const core::Timings& timings() const noexcept { return timings_; }
  bool usage_chunk_seen() const noexcept { return usage_chunk_; }
  // Of the first choice that finished.
  std::optional<core::FinishReason> finish() const noexcept { return finish_; }

 private:
  struct Choice {
    bool role = false, content = false, finished = false;
    ToolCalls tools;
  };
  Choice& choice(std::int32_t index);
  bool take_head(const Chunk& chunk, core::Arena& memory, core::Events& out);
  bool take_choice(const Chunk& chunk, const ChoicePart& part, std::int32_t index, core::Arena& memory,
                   core::Events& out);
  bool take_finish(const ChoicePart& part, std::int32_t index, core::Arena& memory, core::Events& out);
  bool sound_frame(const ChoicePart& part, const Choice& state) const;
  void emit(core::Event::Kind kind, std::int32_t index, std::string_view text, core::Events& out);

  ReplyRules rules_;
  std::vector<Choice> choices_;
  std::string id_, model_, created_;
  core::Usage usage_;
  core::Timings timings_;
  std::optional<core::FinishReason> finish_;
  std::uint32_t pieces_ = 0;
  bool started_ = false, content_ = false, usage_chunk_ = false, usage_given_ = false;
};

std::string_view name(core::FinishReason reason) noexcept;
// The members behind a choice's text: its reason and, if a backend told it, vLLM's `stop_reason`: the stop
// string that ended it.
void append_finish(std::string_view reason, std::string_view stop, std::string& out);

}  // namespace codecrucible::wire::openai

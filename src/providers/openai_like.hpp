#pragma once

#include "providers/provider.hpp"
#include "wire/openai/body_writer.hpp"

#include <string_view>

namespace codecrucible::providers {

// What one kind of server that speaks OpenAI's dialect can and wants; everything else they have in common.
struct OpenAiTraits {
  core::ProviderKind kind = core::ProviderKind::openai;
  std::string_view label = "This backend";  // in messages to the client
  bool knows_max_completion_tokens = true;
  bool knows_developer = true;
  bool one_system = false;  // chat templates may read the first system message only, or refuse a second
  bool knows_json_object = true;
  bool knows_functions = true;  // the deprecated `functions` and `function_call`
  bool takes_null_content = true;
  bool takes_named_choice = true;
  bool takes_image_urls = true;
  bool takes_tokens = true;   // prompts and inputs as token ids
  bool takes_several = true;  // n > 1
  bool gives_logprobs = true;
  bool fills_in = true;  // `suffix`, `echo`, `best_of` of completions
  bool takes_dimensions = true;
  bool echoes_reasoning = false;
  bool template_arguments = false;
  bool must_be_told_to_continue = false;  // an assistant's last message is not continued by itself
  bool ollama_options = false;
  std::string_view repeat_penalty_key = "repeat_penalty";
};

class OpenAiLike : public Provider {
 public:
  explicit OpenAiLike(const OpenAiTraits& traits) : traits_(traits) {}

  core::ProviderKind kind() const noexcept final { return traits_.kind; }
  std::optional<Probe> load_call(const Target& target) const override;
  core::Result<Call> encode(const core::ChatRequest& request, const wire::openai::SourceMap* source,
                            const Target& target) const final;
  core::Result<Call> encode(const core::EmbeddingsRequest& request, const Target& target) const final;
  std::unique_ptr<wire::StreamDecoder> stream_decoder(const core::ChatRequest& request) const final;
  void decode_whole(const core::ChatRequest& request, std::string_view body, core::Arena& arena,
                    core::Events& out) const final;
  core::Failure failure_of(int status, std::string_view body) const final;

 private:
  std::optional<core::Failure> refusal(const core::ChatRequest& request) const;
  wire::openai::BodyStyle style(const core::ChatRequest& request, const Target& target) const;
  std::string spliced(const core::ChatRequest& request, const wire::openai::SourceMap& source,
                      const Target& target) const;

  const OpenAiTraits traits_;
};

}  // namespace codecrucible::providers

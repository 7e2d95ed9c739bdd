#include "providers/kinds.hpp"
#include "providers/model_lists.hpp"
#include "providers/openai_like.hpp"

namespace codecrucible::providers {
namespace {

constexpr OpenAiTraits traits{
    .kind = core::ProviderKind::vllm,
    .label = "vLLM",
    .knows_developer = false,
    .knows_functions = false,
    .echoes_reasoning = true,
    .template_arguments = true,
    .must_be_told_to_continue = true,
    .repeat_penalty_key = "repetition_penalty",
};

class Vllm final : public OpenAiLike {
 public:
  Vllm() : OpenAiLike(traits) {}

  std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far) const override {
    constexpr std::string_view paths[] = {"/v1/models", "/version"};
    if (so_far.size() >= std::size(paths)) return {};
    if (!so_far.empty() && so_far.front().status != 200) return {};
    Probe probe;
    probe.path = paths[so_far.size()];
    return probe;
  }

  core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies) const override {
    if (replies.empty()) return core::fail(core::Cause::garbage, "The server was not asked.");
    auto listing = parse_v1_models(replies.front());
    if (!listing) return listing;
    // Whether a model sees or thinks is not told; the server refuses what it cannot.
    for (auto& model : listing->models)
      model.can.logprobs = model.can.embeddings = model.can.vision = model.can.thinking = true;
    if (replies.size() > 1) listing->version = version_in(replies[1]);
    return listing;
  }
};

}  // namespace

const Provider& vllm() {
  static const Vllm provider;
  return provider;
}

}  // namespace codecrucible::providers

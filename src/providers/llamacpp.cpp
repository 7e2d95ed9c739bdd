#include "providers/kinds.hpp"
#include "providers/model_lists.hpp"
#include "providers/openai_like.hpp"

namespace codecrucible::providers {
namespace {

constexpr OpenAiTraits llamacpp_traits{
    .kind = core::ProviderKind::llamacpp,
    .label = "llama.cpp's server",
    .knows_max_completion_tokens = false,
    .knows_developer = false,
    .one_system = true,
    .knows_functions = false,
    .takes_dimensions = false,
    .echoes_reasoning = true,
    .template_arguments = true,
    .ollama_options = true,
};

class LlamaCpp final : public OpenAiLike {
 public:
  LlamaCpp() : OpenAiLike(llamacpp_traits) {}

  std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far) const override {
    constexpr std::string_view paths[] = {"/v1/models", "/props"};
    if (so_far.size() >= std::size(paths)) return {};
    if (!so_far.empty() && so_far.front().status != 200) return {};  // 503 while it loads (traps D17)
    Probe probe;
    probe.path = paths[so_far.size()];
    return probe;
  }

  core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies) const override {
    if (replies.empty()) return core::fail(core::Cause::garbage, "The server was not asked.");
    auto listing = parse_v1_models(replies.front());
    if (!listing) return listing;
    // Whether a model thinks is not told, whether it sees stands in the props.
    for (auto& model : listing->models) model.can.logprobs = model.can.embeddings = model.can.thinking = true;
    if (replies.size() > 1) add_llamacpp_props(replies[1], *listing);
    return listing;
  }
};

}  // namespace

const Provider& llamacpp() {
  static const LlamaCpp provider;
  return provider;
}

}  // namespace codecrucible::providers

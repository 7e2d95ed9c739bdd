#include "providers/kinds.hpp"
#include "providers/model_lists.hpp"
#include "providers/openai_like.hpp"

namespace codecrucible::providers {
namespace {

// Any server of the dialect: nothing is taken away from what the client says, it answers for itself.
class OpenAi final : public OpenAiLike {
 public:
  OpenAi() : OpenAiLike(OpenAiTraits{}) {}

  std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far) const override {
    if (!so_far.empty()) return {};
    Probe probe;
    probe.path = "/v1/models";
    return probe;
  }

  core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies) const override {
    if (replies.empty()) return core::fail(core::Cause::garbage, "The server was not asked.");
    auto listing = parse_v1_models(replies.front());
    if (!listing) return listing;
    for (auto& model : listing->models) {
      model.can.embeddings = model.can.vision = model.can.thinking = model.can.logprobs = true;  // not told
    }
    return listing;
  }
};

}  // namespace

const Provider& openai() {
  static const OpenAi provider;
  return provider;
}

}  // namespace codecrucible::providers

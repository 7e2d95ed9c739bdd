#include "core/json_text.hpp"
#include "providers/kinds.hpp"
#include "providers/model_lists.hpp"
#include "providers/openai_like.hpp"

namespace codecrucible::providers {
namespace {

// LM Studio: lmstudio.md has the facts behind every line.
constexpr OpenAiTraits lmstudio_traits{
    .kind = core::ProviderKind::lmstudio,
    .label = "LM Studio",
    .knows_max_completion_tokens = false,
    .knows_developer = false,
    .one_system = true,
    .knows_json_object = false,
    .knows_functions = false,
    .takes_null_content = false,
    .takes_named_choice = false,
    .takes_image_urls = false,
    .takes_tokens = false,
    .takes_several = false,
    .gives_logprobs = false,
    .fills_in = false,
    .takes_dimensions = false,
};

class LmStudio final : public OpenAiLike {
 public:
  LmStudio() : OpenAiLike(lmstudio_traits) {}

  // Its own state first, newest API first; an old server answers 200 and an error to what it does not know.
  std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far) const override {
    constexpr std::string_view paths[] = {"/api/v1/models", "/api/v0/models", "/v1/models"};
    if (so_far.size() >= std::size(paths) || (!so_far.empty() && parse(so_far.back(), so_far.size() - 1)))
      return {};
    Probe probe;
    probe.path = paths[so_far.size()];
    return probe;
  }

  core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies) const override {
    if (replies.empty()) return core::fail(core::Cause::garbage, "LM Studio was not asked.");
    return parse(replies.back(), replies.size() - 1);
  }

  // Blocks until loaded; not subject to the idle limit of models loaded by a first request.
  std::optional<Probe> load_call(const Target& target) const override {
    Probe probe;
    probe.method = "POST";
    probe.path = "/api/v1/models/load";
    probe.body = "{\"model\":";
    core::append_string(probe.body, target.model);
    if (target.num_ctx) {
      probe.body += ",\"context_length\":";
      core::append_number(probe.body, *target.num_ctx);
    }
    probe.body += '}';
    return probe;
  }

 private:
  static core::Result<Listing> parse(const ProbeReply& reply, std::size_t step) {
    if (step == 0) return parse_lmstudio_v1(reply);
    if (step == 1) return parse_lmstudio_v0(reply);
    auto listing = parse_v1_models(reply);
    if (!listing) return listing;
    for (auto& model : listing->models) {
      model.resident = false;  // this list does not tell
      model.can.logprobs = false;
      if (!model.id.starts_with("text-embedding-")) continue;  // LM Studio's own prefix
      model.can.embeddings = true;
      model.can.chat = model.can.completion = model.can.tools = model.can.structured = false;
    }
    return listing;
  }
};

}  // namespace

const Provider& lmstudio() {
  static const LmStudio provider;
  return provider;
}

}  // namespace codecrucible::providers

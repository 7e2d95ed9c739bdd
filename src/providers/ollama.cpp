#include "core/json_text.hpp"
#include "providers/kinds.hpp"
#include "providers/ollama_parts.hpp"
#include "wire/ollama/backend.hpp"
#include "wire/ollama/failure_text.hpp"

namespace codecrucible::providers {
namespace {

class Ollama final : public Provider {
 public:
  core::ProviderKind kind() const noexcept override { return core::ProviderKind::ollama; }

  std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far) const override {
    return ollama_parts::next_probe(so_far);
  }
  core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies) const override {
    return ollama_parts::parse_listing(replies);
  }

  // A request without messages only loads (ollama.md §7). Models that cannot chat are loaded by an empty
  // embedding.
  std::optional<Probe> load_call(const Target& target) const override {
    const bool vectors_only = target.can.embeddings && !target.can.chat;
    Probe probe;
    probe.method = "POST";
    probe.path = vectors_only ? "/api/embed" : "/api/chat";
    probe.body = "{\"model\":";
    core::append_string(probe.body, target.model);
    probe.body += vectors_only ? ",\"input\":[]" : ",\"messages\":[],\"stream\":false";
    ollama_parts::append_keep_alive(probe.body, target);
    if (target.num_ctx) {
      probe.body += ",\"options\":{\"num_ctx\":";
      core::append_number(probe.body, *target.num_ctx);
      probe.body += '}';
    }
    probe.body += '}';
    return probe;
  }

  core::Result<Call> encode(const core::ChatRequest& request, const wire::openai::SourceMap*,
                            const Target& target) const override {
    return core::is_completion(request.surface) ? ollama_parts::encode_generate(request, target)
                                                : ollama_parts::encode_chat(request, target);
  }
  core::Result<Call> encode(const core::EmbeddingsRequest& request, const Target& target) const override {
    return ollama_parts::encode_vectors(request, target);
  }

  std::unique_ptr<wire::StreamDecoder> stream_decoder(const core::ChatRequest&) const override {
    return wire::ollama::make_stream_decoder();
  }
  void decode_whole(const core::ChatRequest&, std::string_view body, core::Arena& arena,
                    core::Events& out) const override {
    wire::ollama::decode_whole(body, arena, out);
  }

  core::Failure failure_of(int status, std::string_view body) const override {
    return wire::ollama::failure_of_text(status, wire::ollama::error_text(body));
  }
};

}  // namespace

const Provider& ollama() {
  static const Ollama instance;
  return instance;
}

}  // namespace codecrucible::providers

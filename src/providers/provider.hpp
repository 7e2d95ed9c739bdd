#pragma once

#include "core/chat.hpp"
#include "core/event.hpp"
#include "core/fleet_view.hpp"
#include "core/result.hpp"
#include "wire/dialect.hpp"
#include "wire/openai/source_map.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::providers {

// What is sent to the backend; the head is written by net/.
struct Call {
  std::string_view method = "POST";
  std::string path;  // "/v1/chat/completions"
  std::string body;
  bool verbatim = false;  // reply may be relayed as its own bytes (same dialect, nothing to translate)
};

// How a model is to be called, constant per (host, model) so that nothing reloads (ollama.md §7, traps D4).
struct Target {
  std::string_view model;  // the backend's spelling
  core::Capabilities can;
  std::optional<std::int64_t> num_ctx;    // Ollama: pinned window
  std::optional<std::string> keep_alive;  // Ollama: JSON text ("\"30m\"", "-1")
  bool ask_logprobs = false;              // for confidence/, where the backend gives them
};

// A GET or POST that the prober sends; `parse` of the same provider reads the reply.
struct Probe {
  std::string_view method = "GET";
  std::string path;
  std::string body;
};

// A model as the backend lists it.
struct Listed {
  std::string id;
  core::Capabilities can;
  std::optional<std::int64_t> window, max_window, size_bytes, vram_bytes;
  std::optional<double> parameters_billion;
  bool resident = false;
  std::optional<int> slots;
  std::optional<std::int64_t> expires_in_seconds;
};

struct Listing {
  std::string version;  // empty if the server does not say
  std::vector<Listed> models;
};

// One reply to one probe.
struct ProbeReply {
  int status = 0;
  std::string_view content_type;
  std::string_view body;
};

// Everything particular to one kind of server; no sockets, no state. One instance per kind, shared by all
// threads.
class Provider {
 public:
  virtual ~Provider() = default;
  virtual core::ProviderKind kind() const noexcept = 0;

  // The probes that show what the server is and has, in order; later ones may be left out when an earlier
  // reply (given back in `so_far`) makes them pointless. None of them loads a model.
  virtual std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far) const = 0;
  virtual core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies) const = 0;

  // Request that loads a model explicitly with the pinned window; none if the kind cannot.
  virtual std::optional<Probe> load_call(const Target& target) const = 0;

  // Writes the request for this backend. `source` is the request's own bytes when it came in the OpenAI
  // dialect: then a same-dialect backend gets them with only the fields spliced that the gateway owns. What
  // this backend cannot do is Failure{unsupported} naming the field (never dropped silently).
  virtual core::Result<Call> encode(const core::ChatRequest& request, const wire::openai::SourceMap* source,
                                    const Target& target) const = 0;
  virtual core::Result<Call> encode(const core::EmbeddingsRequest& request, const Target& target) const = 0;

  // Readers of its replies.
  virtual std::unique_ptr<wire::StreamDecoder> stream_decoder(const core::ChatRequest& request) const = 0;
  // A whole reply (`stream: false`): events in `out`, whose views live as long as `body` and `arena`.
  virtual void decode_whole(const core::ChatRequest& request, std::string_view body, core::Arena& arena,
                            core::Events& out) const = 0;

  // What an unsuccessful or suspicious reply means. Called for every status >= 400, and for 2xx whose JSON
  // body is an error (LM Studio, traps D6) — then status is 200.
  virtual core::Failure failure_of(int status, std::string_view body) const = 0;
};

const Provider& provider_for(core::ProviderKind kind);

// Vectors of an embeddings reply, in order of index.
struct Embeddings {
  std::vector<std::vector<float>> vectors;
  core::Usage usage;
};
core::Result<Embeddings> decode_embeddings(core::ProviderKind kind, std::string_view body);

}  // namespace codecrucible::providers

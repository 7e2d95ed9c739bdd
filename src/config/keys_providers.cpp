#include "config/sections.hpp"

namespace codecrucible::config {
namespace {

using std::chrono::hours;

Shape provider_timeouts() {
  Rows<ProviderDraft> rows;
  using P = ProviderDraft;
  rows.add("connect", wait(), &P::connect, "Until the connection stands.");
  rows.add("firstToken", wait(), &P::first_token, "Until the first token; has to cover a cold load.");
  rows.add("idle", wait(), &P::idle, "Longest pause between two tokens.");
  rows.add("total", wait(), &P::total, "For the whole answer.");
  return std::move(rows).shape();
}

// What every provider has.
void add_common(Rows<ProviderDraft>& rows) {
  using P = ProviderDraft;
  rows.add("enabled", boolean(), &P::enabled, "false: it is as if it were not there.");
  rows.add("apiKey", secret(), &P::api_key,
           "Key sent as `Authorization: Bearer`; better taken from the environment: ${MY_KEY}. Never logged.")
      .example = "\"${MY_KEY:-}\"";
  rows.add("maxConcurrent", integer(1, 10'000), &P::max_concurrent,
           "Generations at once; further requests wait in the queue.");
  rows.add("models", list_of(nonempty()), &P::models,
           "Models to use for `auto`, in order of preference; empty: all it has.");
  rows.add("autoStartModels", list_of(nonempty()), &P::auto_start_models,
           "Models to load as soon as the server is there.");
  rows.add("local", boolean(), &P::local,
           "Privacy class. false: data leaves the house, and requests marked private never go there.");
  rows.add("tier", text(), &P::tier, "Tier that all its models belong to.");
  rows.add(
      "thinkTags", choice({"none", "tags", "inside"}), &P::think_tags,
      "Reasoning that its models leave in the text, to be told apart. none: the server does that itself; "
      "tags: "
      "between <think> and </think> before the answer; inside: only </think> is seen, the template wrote the "
      "other.");
  rows.add("weight", number(0, 1000), &P::weight,
           "Share it gets among providers with the same model that would answer about equally soon.");
  rows.section(
      "timeouts", provider_timeouts(), [](ProviderDraft& p) -> auto& { return p; },
      "Limits in time; what is not given comes from fallback.timeouts.");
}

void add_memory(Rows<ProviderDraft>& rows) {
  using P = ProviderDraft;
  rows.add("maxLoadedModels", integer(1, 1000), &P::max_loaded,
           "Models in memory at once; not given: as the server says, or learned.")
      .example = "2";
  rows.add("vram", bytes(0, 1024.0 * 1024 * 1024 * 1024 * 64), &P::vram_bytes,
           "Graphics memory in all, if loads shall be limited by size.")
      .example = "24GiB";
}

void add_windows(Rows<ProviderDraft>& rows) {
  using P = ProviderDraft;
  rows.add("numCtx", integer(256, 100'000'000), &P::num_ctx,
           "Window in tokens that is asked for with every request (Ollama's num_ctx). Not given: the model's "
           "own or "
           "the server's. Constant per model, so that nothing is loaded anew.")
      .example = "16384";
  rows.add("windows", map_of(integer(256, 100'000'000)), &P::windows, "The same for single models.").example =
      "{\"qwen2.5:72b\": 32768}";
  rows.add("keepAlive", text(), &P::keep_alive,
           "How long a model stays in memory after use (\"5m\", \"-1\" for ever); empty: the server's own "
           "choice.");
}

Key& add_url(Rows<ProviderDraft>& rows) {
  Key& url = rows.add("url", nonempty(), &ProviderDraft::url, "Where it listens.");
  url.also = {"endpoint"};
  return url;
}

Shape discovery() {
  Rows<Discovery> rows;
  using D = Discovery;
  rows.add("enabled", boolean(), &D::enabled, "Look for servers that this file does not name.");
  rows.add("hosts", list_of(nonempty()), &D::hosts, "Machines to look at.");
  Rows<Discovery> ports;
  const Type port = integer(0, 65535);
  ports.add("lmStudio", port, &D::lmstudio_port, "LM Studio's port; 0: do not look.");
  ports.add("ollama", port, &D::ollama_port, "Ollama's port.");
  ports.add("llamacpp", port, &D::llamacpp_port, "Port of llama.cpp's server.");
  ports.add("vllm", port, &D::vllm_port, "vLLM's port.");
  rows.section(
      "ports", std::move(ports).shape(), [](D& d) -> auto& { return d; }, "Where servers usually listen.");
  rows.add("timeout", duration(milliseconds{10}, std::chrono::minutes{1}), &D::timeout,
           "Longest wait for one of them.");
  rows.add("interval", duration(milliseconds{500}, hours{24}), &D::interval, "How often to look again.");
  return std::move(rows).shape();
}

}  // namespace

void add_provider_sections(Rows<Draft>& rows) {
  Rows<ProviderDraft> lmstudio;
  add_url(lmstudio);
  add_common(lmstudio);
  add_memory(lmstudio);
  rows.section("lmStudio", std::move(lmstudio).shape(), &Draft::lmstudio,
               "LM Studio: fast, small models. Called \"lmstudio\" in rules.");

  Rows<ProviderDraft> ollama;
  add_url(ollama);
  add_common(ollama);
  add_memory(ollama);
  add_windows(ollama);
  rows.section("ollama", std::move(ollama).shape(), &Draft::ollama,
               "Ollama: slower, stronger models. Called \"ollama\" in rules.");

  Rows<ProviderDraft> other;
  other.add("name", nonempty(), &ProviderDraft::name, "How rules, headers and logs call it.").required = true;
  other.add("kind", choice({"lmstudio", "ollama", "llamacpp", "vllm", "openai"}), &ProviderDraft::kind,
            "What speaks there; openai: anything with /v1/chat/completions.");
  add_url(other).required = true;
  add_common(other);
  add_memory(other);
  add_windows(other);
  rows.add("providers", list_of(object(std::move(other).shape())), &Draft::others,
           "Further servers: more machines with LM Studio or Ollama, llama.cpp, vLLM, anything that speaks "
           "OpenAI.")
      .example = R"([{name: gpu-box, kind: ollama, url: "http://gpu-box:11434", maxConcurrent: 2}])";

  rows.section(
      "discovery", discovery(), [](Draft& d) -> auto& { return d.settings.discovery; },
      "Servers that are found without being named here.");
}

}  // namespace codecrucible::config

#include "core/json_text.hpp"
#include "providers/ollama_parts.hpp"
#include "wire/ollama/failure_text.hpp"

#include <simdjson.h>

#include <charconv>
#include <cstdlib>

namespace codecrucible::providers::ollama_parts {
namespace {

using simdjson::dom::element;

// Replies come in the order of the probes: version, tags, ps, then a show for each model of tags that needs
// one.
constexpr std::size_t version_at = 0;
constexpr std::size_t tags_at = 1;
constexpr std::size_t ps_at = 2;
constexpr std::size_t first_show = 3;
constexpr std::size_t most_shows = 64;  // per round: a probe must not become a burden

std::string_view text(const element& from, const char* key) {
  std::string_view value;
  return from[key].get(value) ? std::string_view{} : value;
}

std::optional<std::int64_t> integer(const element& from, const char* key) {
  std::int64_t value = 0;
  if (from[key].get(value)) return std::nullopt;
  return value;
}

bool contains(const element& list, std::string_view word) {
  simdjson::dom::array items;
  if (list.get(items)) return false;
  for (const element item : items) {
    std::string_view value;
    if (!item.get(value) && value == word) return true;
  }
  return false;
}

// "8.0B", "751.63M"; nothing for what is neither.
std::optional<double> billions(std::string_view size) {
  if (size.empty()) return std::nullopt;
  double scale = 0;
  switch (size.back()) {
    case 'T':
      scale = 1e3;
      break;
    case 'B':
      scale = 1;
      break;
    case 'M':
      scale = 1e-3;
      break;
    case 'K':
      scale = 1e-6;
      break;
    default:
      return std::nullopt;
  }
  size.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), value);
  if (error != std::errc() || end != size.data() + size.size()) return std::nullopt;
  return value * scale;
}

// True if the version is at least this; servers that do not say a number (0.0.0 of own builds) count as new.
bool at_least(std::string_view version, int major, int minor, int patch) {
  int parts[3] = {0, 0, 0};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (int& part : parts) {
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) break;
    at = next != end && *next == '.' ? next + 1 : end;
  }
  if (parts[0] == 0 && parts[1] == 0 && parts[2] == 0) return true;
  const int wanted[3] = {major, minor, patch};
  return !std::lexicographical_compare(parts, parts + 3, wanted, wanted + 3);
}

// `capabilities` of tags (0.19) or show (0.6.4).
void apply_capabilities(const element& list, core::Capabilities& can) {
  const bool completes = contains(list, "completion");
  can.chat = can.completion = completes;
  can.tools = completes && contains(list, "tools");
  can.insert = contains(list, "insert");
  can.vision = contains(list, "vision");
  can.thinking = contains(list, "thinking");
  can.embeddings = contains(list, "embedding");
}

// What can be told of a model whose server names no capabilities.
void guess_capabilities(const element& model, core::Capabilities& can) {
  const element families =
      model["details"]["families"].error() ? model : model["details"]["families"].value_unsafe();
  const auto family = text(model, "family");
  for (const std::string_view embedder : {"bert", "nomic-bert"}) {
    if (!contains(families, embedder) && family != embedder) continue;
    can.embeddings = true;
    can.chat = can.completion = can.tools = false;
  }
  can.vision = contains(families, "clip") || contains(families, "mllama");
}

std::string_view name_of(const element& model) {
  const auto name = text(model, "model");
  return name.empty() ? text(model, "name") : name;
}

// Tags say enough when they name the capabilities and the window.
bool needs_show(const element& model) {
  element ignored;
  return model["capabilities"].get(ignored) || model["details"]["context_length"].get(ignored);
}

Probe show_probe(std::string_view model) {
  Probe probe;
  probe.method = "POST";
  probe.path = "/api/show";
  probe.body = "{\"model\":";
  core::append_string(probe.body, model);
  probe.body += '}';
  return probe;
}

bool parse(simdjson::dom::parser& parser, const ProbeReply& reply, element& out) {
  return reply.status == 200 && !parser.parse(reply.body.data(), reply.body.size()).get(out);
}

Listed listed_from_tag(const element& model, bool structured, bool logprobs) {
  Listed listed;
  listed.id = name_of(model);
  listed.size_bytes = integer(model, "size");
  element details;
  if (!model["details"].get(details)) {
    listed.parameters_billion = billions(text(details, "parameter_size"));
    listed.max_window = integer(details, "context_length");
  }
  guess_capabilities(model, listed.can);
  element capabilities;
  if (!model["capabilities"].get(capabilities)) apply_capabilities(capabilities, listed.can);
  listed.can.structured = structured;
  listed.can.logprobs = logprobs;
  return listed;
}

// `parameters` is the Modelfile's text, one "name   value" per line.
std::optional<std::int64_t> default_window(std::string_view parameters) {
  constexpr std::string_view name = "num_ctx";
  const auto at = parameters.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const auto digits = parameters.find_first_not_of(" \t", at + name.size());
  if (digits == std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  const auto result =
      std::from_chars(parameters.data() + digits, parameters.data() + parameters.size(), value);
  if (result.ec != std::errc() || value <= 0) return std::nullopt;
  return value;
}

void apply_show(const element& show, Listed& listed) {
  element capabilities;
  if (!show["capabilities"].get(capabilities)) apply_capabilities(capabilities, listed.can);
  listed.window = default_window(text(show, "parameters"));
  element info;
  if (show["model_info"].get(info)) return;
  const auto window_key = std::string(text(info, "general.architecture")) + ".context_length";
  if (const auto window = integer(info, window_key.c_str())) listed.max_window = window;
  if (const auto count = integer(info, "general.parameter_count")) {
    listed.parameters_billion = static_cast<double>(*count) / 1e9;
  }
}

void apply_ps(const element& ps, std::vector<Listed>& models) {
  simdjson::dom::array running;
  if (ps["models"].get(running)) return;
  for (const element model : running) {
    for (auto& listed : models) {
      if (listed.id != name_of(model)) continue;
      listed.resident = true;
      listed.vram_bytes = integer(model, "size_vram");
      // The window it really runs with, not the one it was trained for (traps D5).
      if (const auto window = integer(model, "context_length"); window && *window > 0) listed.window = window;
    }
  }
}

core::Failure not_ollama(const ProbeReply& reply) {
  if (reply.status >= 400)
    return wire::ollama::failure_of_text(reply.status, wire::ollama::error_text(reply.body));
  return core::fail(core::Cause::garbage, "the server's list of models is not Ollama's");
}

}  // namespace

std::optional<Probe> next_probe(const std::vector<ProbeReply>& so_far) {
  const auto get = [](std::string_view path) {
    Probe probe;
    probe.path = path;
    return probe;
  };
  switch (so_far.size()) {
    case version_at:
      return get("/api/version");
    case tags_at:
      return so_far[version_at].status == 200 ? std::optional(get("/api/tags")) : std::nullopt;
    case ps_at:
      return so_far[tags_at].status == 200 ? std::optional(get("/api/ps")) : std::nullopt;
    default:
      break;
  }
  auto skip = so_far.size() - first_show;
  if (skip >= most_shows) return std::nullopt;
  simdjson::dom::parser parser;
  element tags;
  simdjson::dom::array models;
  if (!parse(parser, so_far[tags_at], tags) || tags["models"].get(models)) return std::nullopt;
  for (const element model : models) {
    if (!needs_show(model) || name_of(model).empty()) continue;
    if (skip-- == 0) return show_probe(name_of(model));
  }
  return std::nullopt;
}

core::Result<Listing> parse_listing(const std::vector<ProbeReply>& replies) {
  if (replies.empty()) return core::fail(core::Cause::garbage, "the server was not asked");
  simdjson::dom::parser version_parser, tags_parser, parser;
  element version, tags;
  Listing listing;
  if (!parse(version_parser, replies[version_at], version)) return not_ollama(replies[version_at]);
  listing.version = text(version, "version");
  if (listing.version.empty()) return not_ollama(replies[version_at]);
  if (replies.size() <= tags_at) return listing;
  simdjson::dom::array models;
  if (!parse(tags_parser, replies[tags_at], tags) || tags["models"].get(models))
    return not_ollama(replies[tags_at]);
  const bool structured = at_least(listing.version, 0, 5, 0);
  const bool logprobs = at_least(listing.version, 0, 12, 11);
  std::size_t show = first_show;
  for (const element model : models) {
    if (name_of(model).empty()) continue;
    auto& listed = listing.models.emplace_back(listed_from_tag(model, structured, logprobs));
    if (!needs_show(model) || show >= replies.size()) continue;
    element details;
    if (parse(parser, replies[show++], details)) apply_show(details, listed);
  }
  element ps;
  if (replies.size() > ps_at && parse(parser, replies[ps_at], ps)) apply_ps(ps, listing.models);
  return listing;
}

}  // namespace codecrucible::providers::ollama_parts

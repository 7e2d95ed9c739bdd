#include "providers/model_lists.hpp"

#include "wire/openai/backend_error.hpp"

#include <simdjson.h>

#include <charconv>

namespace codecrucible::providers {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

// Members of an object; absent or of another type is none.
std::string_view text(const element& value, std::string_view key) {
  std::string_view found;
  return value[key].get(found) == simdjson::SUCCESS ? found : std::string_view{};
}

std::optional<std::int64_t> count(const element& value, std::string_view key) {
  std::int64_t found = 0;
  if (value[key].get(found) != simdjson::SUCCESS) return {};
  return found;
}

bool flag(const element& value, std::string_view key) {
  bool found = false;
  return value[key].get(found) == simdjson::SUCCESS && found;
}

core::Failure no_list(const ProbeReply& reply) {
  if (reply.status >= 400) return wire::openai::backend_failure(reply.status, reply.body);
  if (auto failure = wire::openai::error_in(reply.body)) return *failure;
  return core::fail(core::Cause::garbage, "The server does not answer with a list of models.");
}

// The array `key` of the reply. The parser owns what the result points to.
core::Result<array> list_of(simdjson::dom::parser& parser, const ProbeReply& reply, const char* key) {
  element root;
  array list;
  const bool fine = reply.status >= 200 && reply.status < 300 && !parser.parse(reply.body).get(root) &&
                    !root[key].get(list);
  if (!fine) return no_list(reply);
  return list;
}

void fill_kind(std::string_view type, Listed& model) {
  if (type != "embedding" && type != "embeddings") return;
  model.can = {};
  model.can.chat = model.can.completion = model.can.tools = model.can.structured = false;
  model.can.embeddings = true;
}

// LM Studio gives no log probabilities and cannot fill in.
Listed lmstudio_model(std::string_view id) {
  Listed model;
  model.id = id;
  model.can.logprobs = model.can.insert = false;
  return model;
}

void add_instances(const element& item, const Listed& model, Listing& listing) {
  array instances;
  if (item["loaded_instances"].get(instances) != simdjson::SUCCESS || instances.size() == 0) {
    listing.models.push_back(model);
    return;
  }
  for (const element instance : instances) {
    Listed& loaded = listing.models.emplace_back(model);
    loaded.resident = true;
    const auto id = text(instance, "id");
    if (!id.empty()) loaded.id = id;
    element config;
    if (instance["config"].get(config) != simdjson::SUCCESS) continue;
    loaded.window = count(config, "context_length");
    if (const auto slots = count(config, "parallel")) loaded.slots = static_cast<int>(*slots);
  }
}

bool holds(const element& value, std::string_view key, std::string_view word) {
  array list;
  if (value[key].get(list) != simdjson::SUCCESS) return false;
  for (const element item : list) {
    std::string_view found;
    if (item.get(found) == simdjson::SUCCESS && found == word) return true;
  }
  return false;
}

}  // namespace

std::optional<double> billions_in(std::string_view text) {
  double factor = 1;
  const auto times = text.find_first_of("xX");
  if (times != std::string_view::npos && times > 0) {
    const std::string_view count = text.substr(0, times);
    const auto [rest, error] = std::from_chars(count.data(), count.data() + count.size(), factor);
    if (error != std::errc{} || rest != count.data() + count.size()) return {};
    text.remove_prefix(times + 1);
  }
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest == text.data() + text.size()) return {};
  if (*rest == 'B' || *rest == 'b') return factor * value;
  if (*rest == 'M' || *rest == 'm') return factor * value / 1000;
  return {};
}

core::Result<Listing> parse_v1_models(const ProbeReply& reply) {
  simdjson::dom::parser parser;
  const auto list = list_of(parser, reply, "data");
  if (!list) return list.error();
  Listing listing;
  for (const element item : *list) {
    const auto id = text(item, "id");
    if (id.empty()) continue;
    Listed& model = listing.models.emplace_back();
    model.id = id;
    model.window = count(item, "max_model_len");
    model.max_window = model.window;
    element meta;
    if (item["meta"].get(meta) == simdjson::SUCCESS) {
      model.max_window = count(meta, "n_ctx_train");
      model.size_bytes = count(meta, "size");
      if (const auto parameters = count(meta, "n_params"))
        model.parameters_billion = static_cast<double>(*parameters) / 1e9;
    }
    element status;
    const bool has_status = item["status"].get(status) == simdjson::SUCCESS;
    model.resident = !has_status || text(status, "value") == "loaded";
  }
  return listing;
}

core::Result<Listing> parse_lmstudio_v1(const ProbeReply& reply) {
  simdjson::dom::parser parser;
  const auto list = list_of(parser, reply, "models");
  if (!list) return list.error();
  Listing listing;
  for (const element item : *list) {
    const auto key = text(item, "key");
    if (key.empty()) continue;
    Listed model = lmstudio_model(key);
    model.max_window = count(item, "max_context_length");
    model.size_bytes = count(item, "size_bytes");
    model.parameters_billion = billions_in(text(item, "params_string"));
    element can;
    if (item["capabilities"].get(can) == simdjson::SUCCESS && can.is_object()) {
      model.can.vision = flag(can, "vision");
      model.can.tools = flag(can, "trained_for_tool_use");
      element reasoning;
      model.can.thinking = can["reasoning"].get(reasoning) == simdjson::SUCCESS && !reasoning.is_null();
    }
    fill_kind(text(item, "type"), model);
    add_instances(item, model, listing);
  }
  return listing;
}

core::Result<Listing> parse_lmstudio_v0(const ProbeReply& reply) {
  simdjson::dom::parser parser;
  const auto list = list_of(parser, reply, "data");
  if (!list) return list.error();
  Listing listing;
  for (const element item : *list) {
    const auto id = text(item, "id");
    if (id.empty()) continue;
    Listed model = lmstudio_model(id);
    const auto type = text(item, "type");
    model.resident = text(item, "state") == "loaded";
    model.max_window = count(item, "max_context_length");
    model.window = count(item, "loaded_context_length");
    model.can.vision = type == "vlm";
    array capabilities;
    if (item["capabilities"].get(capabilities) == simdjson::SUCCESS) {
      model.can.tools = holds(item, "capabilities", "tool_use");
    }
    fill_kind(type, model);
    listing.models.push_back(std::move(model));
  }
  return listing;
}

void add_llamacpp_props(const ProbeReply& reply, Listing& listing) {
  simdjson::dom::parser parser;
  element root;
  if (reply.status != 200 || parser.parse(reply.body).get(root) || !root.is_object()) return;
  listing.version = text(root, "build_info");
  const auto slots = count(root, "total_slots");
  std::optional<std::int64_t> window;
  element settings;
  if (root["default_generation_settings"].get(settings) == simdjson::SUCCESS)
    window = count(settings, "n_ctx");
  element modalities;
  const bool vision = root["modalities"].get(modalities) == simdjson::SUCCESS && flag(modalities, "vision");
  for (auto& model : listing.models) {
    if (!model.resident) continue;
    if (window) model.window = window;
    if (slots) model.slots = static_cast<int>(*slots);
    model.can.vision = vision;
  }
}

std::string version_in(const ProbeReply& reply) {
  simdjson::dom::parser parser;
  element root;
  if (reply.status != 200 || parser.parse(reply.body).get(root) || !root.is_object()) return {};
  return std::string(text(root, "version"));
}

}  // namespace codecrucible::providers

#include "gateway/model_pages.hpp"

#include "core/json_text.hpp"
#include "wire/openai/client.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

using wire::openai::ModelLine;

constexpr std::int64_t created = 1767225600;  // 2026-01-01; the backends do not tell, clients want a number

void append_window(std::string& out, const core::ModelView& model) {
  const auto window = model.window ? model.window : model.max_window;
  if (!window) return;
  // The three names that clients look for.
  for (std::string_view key : {"context_length", "max_model_len", "context_window"}) {
    out += ",\"";
    out += key;
    out += "\":";
    core::append_number(out, *window);
  }
}

std::string state_of(const core::FleetView& fleet, const core::ModelView& model) {
  const auto& host = fleet.host_of(model);
  std::string out;
  append_window(out, model);
  out += ",\"codecrucible\":{\"provider\":";
  core::append_string(out, provider_label(host));
  out += ",\"kind\":";
  core::append_string(out, name(host.kind));
  out += ",\"state\":\"";
  out += model.loading ? "loading" : model.resident ? "loaded" : "not-loaded";
  out += "\",\"reachable\":";
  out += host.reachable ? "true" : "false";
  out += ",\"running\":";
  core::append_number(out, model.running);
  out += ",\"queued\":";
  core::append_number(out, model.queued);
  out += ",\"slots\":";
  core::append_number(out, model.slots);
  if (model.expires_in_seconds) {
    out += ",\"expires_in_seconds\":";
    core::append_number(out, *model.expires_in_seconds);
  }
  out += ",\"tools\":";
  out += model.can.tools ? "true" : "false";
  out += ",\"vision\":";
  out += model.can.vision ? "true" : "false";
  out += ",\"embeddings\":";
  out += model.can.embeddings ? "true" : "false";
  out += '}';
  return out;
}

// One per public name: a reachable host's before an unreachable one's, a resident model before a cold one.
std::vector<const core::ModelView*> one_per_name(const core::FleetView& fleet) {
  std::vector<const core::ModelView*> chosen;
  const auto better = [&](const core::ModelView& a, const core::ModelView& b) {
    const auto rank = [&](const core::ModelView& m) {
      return (fleet.host_of(m).reachable ? 2 : 0) + (m.resident ? 1 : 0);
    };
    return rank(a) > rank(b);
  };
  for (const auto& model : fleet.models) {
    const auto known = std::find_if(chosen.begin(), chosen.end(),
                                    [&](const auto* other) { return other->public_id == model.public_id; });
    if (known == chosen.end()) {
      chosen.push_back(&model);
    } else if (better(model, **known)) {
      *known = &model;
    }
  }
  return chosen;
}

}  // namespace

std::string provider_label(const core::HostView& host) {
  return host.simulated ? host.name + " (simulation)" : host.name;
}

std::string models_page(const core::FleetView& fleet, const std::vector<std::string>& virtual_models) {
  const auto models = one_per_name(fleet);
  std::vector<std::string> owners;
  owners.reserve(models.size());
  std::vector<ModelLine> lines;
  for (const auto& id : virtual_models) lines.push_back({id, "codecrucible", created, {}});
  for (const auto* model : models) {
    owners.push_back(provider_label(fleet.host_of(*model)));
    lines.push_back({model->public_id, owners.back(), created, state_of(fleet, *model)});
  }
  std::string out;
  wire::openai::write_models(lines, out);
  return out;
}

std::optional<std::string> model_page(const core::FleetView& fleet,
                                      const std::vector<std::string>& virtual_models, std::string_view id) {
  std::string out;
  if (std::find(virtual_models.begin(), virtual_models.end(), id) != virtual_models.end()) {
    wire::openai::write_model({id, "codecrucible", created, {}}, out);
    return out;
  }
  for (const auto* model : one_per_name(fleet)) {
    if (model->public_id != id) continue;
    const std::string owner = provider_label(fleet.host_of(*model));
    wire::openai::write_model({model->public_id, owner, created, state_of(fleet, *model)}, out);
    return out;
  }
  return std::nullopt;
}

}  // namespace codecrucible::gateway

#include "core/json_text.hpp"
#include "wire/ollama/client.hpp"

#include <cmath>
#include <unordered_set>

namespace codecrucible::wire::ollama {
namespace {

// Nobody tells us when a model was made or will be dropped: the epoch, and what Ollama itself says for
// "never".
constexpr std::string_view unknown_past = "1970-01-01T00:00:00Z";
constexpr std::string_view never = "2318-01-01T00:00:00Z";

// Clients expect a name with a tag in every list (traps E6); the gateway accepts names without it.
std::string tagged(std::string_view name) {
  std::string text(name);
  const auto slash = text.rfind('/');
  if (text.find(':', slash == std::string::npos ? 0 : slash) == std::string::npos) text += ":latest";
  return text;
}

// 64 hex digits that stay the same for the same name: clients show and compare them, nobody can verify them.
void append_digest(std::string& out, std::string_view name) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (std::uint64_t part = 0; part < 4; ++part) {
    std::uint64_t hash = 14695981039346656037ULL + part;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    for (int shift = 60; shift >= 0; shift -= 4) out += hex[(hash >> shift) & 15];
  }
}

void append_details(std::string& out, const core::ModelView* model) {
  out +=
      "\"details\":{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"\",\"families\":[],\"parameter_"
      "size\":\"";
  if (model != nullptr && model->parameters_billion) {
    core::append_double(out, std::round(*model->parameters_billion * 10) / 10);
    out += 'B';
  }
  out += "\",\"quantization_level\":\"\"}";
}

void append_capabilities(std::string& out, const core::Capabilities& can) {
  out += "\"capabilities\":[";
  const auto start = out.size();
  const auto add = [&](bool has, std::string_view word) {
    if (!has) return;
    if (out.size() != start) out += ',';
    core::append_string(out, word);
  };
  add(can.chat || can.completion, "completion");
  add(can.tools && can.chat, "tools");
  add(can.insert, "insert");
  add(can.vision, "vision");
  add(can.embeddings, "embedding");
  add(can.thinking, "thinking");
  out += ']';
}

void append_names(std::string& out, std::string_view name) {
  out += "{\"name\":";
  core::append_string(out, name);
  out += ",\"model\":";
  core::append_string(out, name);
}

void append_size_and_digest(std::string& out, const core::ModelView* model, std::string_view name) {
  out += ",\"size\":";
  core::append_number(out, model == nullptr ? 0 : model->size_bytes.value_or(0));
  out += ",\"digest\":\"";
  append_digest(out, name);
  out += "\",";
  append_details(out, model);
}

std::int64_t window_of(const core::ModelView& model) {
  return model.window.value_or(model.max_window.value_or(0));
}

// What a virtual model can do is what some model behind it can; the router finds the one that does.
struct Reach {
  core::Capabilities can;
  std::int64_t window = 0;
};

Reach reach_of(const core::FleetView& fleet) {
  Reach reach;
  reach.can.tools = false;
  for (const auto& model : fleet.models) {
    if (!model.can.chat) continue;
    reach.can.tools |= model.can.tools;
    reach.can.vision |= model.can.vision;
    reach.can.thinking |= model.can.thinking;
    reach.window = std::max(reach.window, window_of(model));
  }
  return reach;
}

void append_tag(std::string& out, const core::ModelView* model, std::string_view name,
                const core::Capabilities& can) {
  append_names(out, name);
  out.append(",\"modified_at\":\"").append(unknown_past) += '"';
  append_size_and_digest(out, model, name);
  out += ',';
  append_capabilities(out, can);
  out += '}';
}

}  // namespace

void write_tags(const core::FleetView& fleet, const std::vector<std::string>& virtual_models,
                std::string& out) {
  std::unordered_set<std::string> listed;
  const Reach reach = reach_of(fleet);
  out += "{\"models\":[";
  const auto add = [&](const core::ModelView* model, std::string_view id, const core::Capabilities& can) {
    const auto [name, fresh] = listed.insert(tagged(id));
    if (!fresh) return;
    if (listed.size() > 1) out += ',';
    append_tag(out, model, *name, can);
  };
  for (const auto& name : virtual_models) add(nullptr, name, reach.can);
  for (const auto& model : fleet.models) add(&model, model.public_id, model.can);
  out += "]}";
}

void write_ps(const core::FleetView& fleet, std::string& out) {
  std::unordered_set<std::string> listed;
  out += "{\"models\":[";
  for (const auto& model : fleet.models) {
    if (!model.resident) continue;
    const auto [name, fresh] = listed.insert(tagged(model.public_id));
    if (!fresh) continue;
    if (listed.size() > 1) out += ',';
    append_names(out, *name);
    append_size_and_digest(out, &model, *name);
    out.append(",\"expires_at\":\"").append(never).append("\",\"size_vram\":");
    core::append_number(out, model.vram_bytes.value_or(0));
    out += ",\"context_length\":";
    core::append_number(out, window_of(model));
    out += '}';
  }
  out += "]}";
}

void write_show(const core::FleetView& fleet, const core::ModelView* model, std::string_view virtual_name,
                std::string& out) {
  const Reach reach = model == nullptr ? reach_of(fleet) : Reach{model->can, window_of(*model)};
  const std::string name = tagged(model == nullptr ? virtual_name : std::string_view(model->public_id));
  out += "{\"license\":\"\",\"modelfile\":";
  core::append_string(out, "FROM " + name + "\n");
  out += ",\"parameters\":\"";
  if (reach.window > 0) {
    out += "num_ctx ";
    core::append_number(out, reach.window);
  }
  out += "\",\"template\":\"{{ .Prompt }}\",";
  append_details(out, model);
  // Strict clients read the window at "<architecture>.context_length" (ollama.md §9); the name is ours to
  // choose.
  out += ",\"model_info\":{\"general.architecture\":\"codecrucible\",\"general.basename\":";
  core::append_string(out, name);
  if (model != nullptr && model->parameters_billion) {
    out += ",\"general.parameter_count\":";
    core::append_number(out, static_cast<std::int64_t>(std::llround(*model->parameters_billion * 1e9)));
  }
  if (reach.window > 0) {
    out += ",\"codecrucible.context_length\":";
    core::append_number(out, reach.window);
  }
  out += "},";
  append_capabilities(out, reach.can);
  out.append(",\"modified_at\":\"").append(unknown_past).append("\"}");
}

}  // namespace codecrucible::wire::ollama

#include "simulator/machine.hpp"

#include <algorithm>
#include <cctype>

namespace codecrucible::simulator {
namespace {

std::string matched(std::string_view name, bool ollama) {
  std::string out(name);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ollama && out.find(':') == std::string::npos) out += ":latest";
  return out;
}

}  // namespace

Machine::Machine(const Settings& settings) : settings_(settings) {
  const bool ollama = settings.kind == core::ProviderKind::ollama;
  for (const auto& spec : settings.models) {
    Model model;
    model.spec = spec;
    if (ollama && spec.id.find(':') == std::string::npos) model.spec.id += ":latest";
    model.window = spec.window;
    model.resident =
        std::find(settings.resident.begin(), settings.resident.end(), spec.id) != settings.resident.end() ||
        (settings.kind != core::ProviderKind::ollama && settings.kind != core::ProviderKind::lmstudio);
    models_.push_back(std::move(model));
  }
}

Machine::Model* Machine::find(std::string_view name) {
  const bool ollama = settings_.kind == core::ProviderKind::ollama;
  const auto wanted = matched(name, ollama);
  for (auto& model : models_) {
    if (matched(model.spec.id, ollama) == wanted) return &model;
  }
  return nullptr;
}

Machine::Step Machine::ask(Model& model, std::optional<std::int64_t> window) {
  const bool reload = model.resident && window && *window != model.window;
  if (model.loading) return Step::wait;
  if (reload) {
    if (model.running > 0) return Step::wait;
    evict(model);
  }
  if (model.resident) {
    if (model.running >= model.spec.slots) return Step::wait;
    ++model.running;
    ++stats.running;
    stats.most_running = std::max(stats.most_running, stats.running);
    model.last_used = ++uses_;
    return Step::run;
  }
  if (load_under_way_ || !make_room(model)) return Step::wait;
  model.loading = true;
  load_under_way_ = true;
  return Step::load;
}

bool Machine::make_room(const Model& incoming) {
  while (true) {
    int resident = 0;
    Model* oldest = nullptr;
    for (auto& model : models_) {
      if (!model.resident || &model == &incoming) continue;
      ++resident;
      if (oldest == nullptr || model.last_used < oldest->last_used) oldest = &model;
    }
    if (resident < settings_.max_loaded) return true;
    // Ollama waits for the victim's running answers; LM Studio's auto-evict does not.
    if (oldest->running > 0 && !settings_.auto_evict) return false;
    evict(*oldest);
  }
}

void Machine::evict(Model& victim) {
  ++stats.evictions;
  stats.evicted_while_running += static_cast<std::uint64_t>(victim.running);
  ++victim.generation;
  victim.resident = false;
}

void Machine::loaded(Model& model, std::optional<std::int64_t> window) {
  model.loading = false;
  load_under_way_ = false;
  model.resident = true;
  model.window = window.value_or(model.spec.window);
  model.last_used = ++uses_;
  ++stats.loads;
}

void Machine::done(Model& model) {
  --model.running;
  --stats.running;
}

// By a person's hand: no eviction that somebody's load has caused.
void Machine::unload(Model& model) {
  if (!model.resident) return;
  ++model.generation;
  model.resident = false;
}

}  // namespace codecrucible::simulator

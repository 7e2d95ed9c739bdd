#include "router/traits.hpp"

#include "router/compiled.hpp"
#include "router/names.hpp"

#include <algorithm>

namespace codecrucible::router {
namespace {

// FNV over lengths and a few words would be enough; ids are short, so hash them whole.
std::size_t place(std::string_view provider, std::string_view id) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash = (hash ^ provider.size()) * 1099511628211ULL;
  for (const char c : provider) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash ^ hash >> 32;
}

bool looks_like_coder(std::string_view id) {
  const std::string name = lower(id);
  const std::initializer_list<std::string_view> marks = {"code", "codestral", "devstral"};
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return name.find(mark) != std::string::npos; });
}

}  // namespace

TraitsCache::~TraitsCache() {
  for (auto& slot : table_) delete slot.load();
}

const Traits* TraitsCache::find(std::string_view provider, std::string_view id) const noexcept {
  const auto start = place(provider, id);
  for (std::size_t i = 0; i < probes; ++i) {
    const Traits* traits = table_[(start + i) % slots].load(std::memory_order_acquire);
    if (traits == nullptr) return nullptr;
    if (traits->id == id && traits->provider == provider) return traits;
  }
  return nullptr;
}

const Traits* TraitsCache::keep(std::unique_ptr<const Traits>& traits) const noexcept {
  const auto start = place(traits->provider, traits->id);
  for (std::size_t i = 0; i < probes; ++i) {
    auto& slot = table_[(start + i) % slots];
    const Traits* held = nullptr;
    if (slot.compare_exchange_strong(held, traits.get(), std::memory_order_acq_rel)) return traits.release();
    if (held->id == traits->id && held->provider == traits->provider) return held;
  }
  return nullptr;
}

Traits make_traits(const Compiled& compiled, std::string_view provider, std::string_view id) {
  Traits out;
  out.provider = provider;
  out.id = id;
  const auto size = size_from_id(id);
  out.parameters = size.total;
  out.active = size.active;
  out.coder = looks_like_coder(id);
  const auto join_tier = [&](std::string_view name) {
    if (const auto tier = compiled.tier_of(name)) out.tiers |= std::uint64_t{1} << *tier;
  };

  for (const auto& known : compiled.settings.providers) {
    if (!equal_ignoring_case(known.name, provider)) continue;
    out.local = known.local;
    join_tier(known.tier);
    out.provider_lists = !known.models.empty();
    for (std::size_t i = 0; i < known.models.size() && !out.preference; ++i) {
      if (matches_model(known.models[i], provider, id) || fit(known.models[i], id) != Fit::none) {
        out.preference = static_cast<int>(i);
      }
    }
  }

  std::optional<double> parameters, active;
  for (const auto& known : compiled.settings.models) {
    if (!matches_model(known.match, provider, id)) continue;
    if (!out.quality) out.quality = known.quality;
    for (std::size_t i = 0; i < out.task_quality.size(); ++i) {
      if (!out.task_quality[i]) out.task_quality[i] = known.task_quality[i];
    }
    if (!parameters) parameters = known.parameters_billion;
    if (!active) active = known.active_billion;
    join_tier(known.tier);
    out.hidden = out.hidden || known.hidden;
  }
  if (parameters) {
    out.parameters = *parameters;
    out.active = active.value_or(*parameters);
    out.size_given = true;
  } else if (active) {
    out.active = *active;
  }

  core::HostView host;
  host.name = provider;
  core::ModelView model;
  model.id = id;
  for (std::size_t i = 0; i < compiled.tiers.size(); ++i) {
    for (const auto& target : compiled.tiers[i].targets) {
      if (belongs(target, out, host, model)) out.tiers |= std::uint64_t{1} << i;
    }
  }
  return out;
}

}  // namespace codecrucible::router

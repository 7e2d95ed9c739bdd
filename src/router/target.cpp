#include "router/compiled.hpp"
#include "router/names.hpp"

#include <algorithm>

namespace codecrucible::router {

std::optional<std::size_t> Compiled::tier_of(std::string_view name) const noexcept {
  if (name.empty()) return std::nullopt;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (equal_ignoring_case(tiers[i].name, name)) return i;
  }
  return std::nullopt;
}

std::optional<double> Compiled::own_threshold(const Rule* rule, std::string_view tier) const noexcept {
  if (rule != nullptr && rule->escalation_threshold) return rule->escalation_threshold;
  for (const auto& [name, threshold] : settings.tier_thresholds) {
    if (!tier.empty() && equal_ignoring_case(name, tier)) return threshold;
  }
  return std::nullopt;
}

std::optional<Prefer> virtual_model(std::string_view name) noexcept {
  constexpr std::string_view tag = ":latest";  // Ollama clients add it to every name
  if (name.size() > tag.size() && equal_ignoring_case(name.substr(name.size() - tag.size()), tag)) {
    name.remove_suffix(tag.size());
  }
  constexpr std::string_view own = "codecrucible/";  // "codecrucible/auto", as some clients prefix names
  if (name.size() > own.size() && equal_ignoring_case(name.substr(0, own.size()), own)) {
    name.remove_prefix(own.size());
  }
  if (name.empty() || equal_ignoring_case(name, "auto")) return Prefer::balanced;
  if (equal_ignoring_case(name, "auto-fast")) return Prefer::fast;
  if (equal_ignoring_case(name, "auto-quality")) return Prefer::quality;
  return std::nullopt;
}

Target read_target(std::string_view written, const Compiled& compiled) {
  Target target;
  target.text = written;
  const std::string text = decode_slashes(written);
  if (const auto tier = compiled.tier_of(text)) {
    target.kind = Target::Kind::tier;
    target.tier = *tier;
    return target;
  }
  const auto is_provider = [&](std::string_view name) {
    return std::any_of(compiled.providers.begin(), compiled.providers.end(),
                       [&](const std::string& known) { return equal_ignoring_case(known, name); });
  };
  if (is_provider(text)) {
    target.kind = Target::Kind::provider;
    target.provider = text;
    return target;
  }
  const auto slash = text.find('/');
  if (slash != std::string::npos && is_provider(text.substr(0, slash))) {
    target.kind = Target::Kind::provider_model;
    target.provider = text.substr(0, slash);
    target.model = text.substr(slash + 1);
    return target;
  }
  if (const auto prefer = virtual_model(text); prefer && !text.empty()) {
    target.kind = Target::Kind::automatic;
    target.prefer = *prefer;
    return target;
  }
  target.kind = Target::Kind::model;
  target.model = text;
  return target;
}

bool belongs(const Target& target, const Traits& traits, const core::HostView& host,
             const core::ModelView& model) noexcept {
  const auto names_it = [&] {
    return fit(target.model, model.id) != Fit::none || fit(target.model, model.public_id) != Fit::none ||
           (target.model.find('*') != std::string::npos && matches_model(target.model, host.name, model.id));
  };
  switch (target.kind) {
    case Target::Kind::tier:
      return (traits.tiers >> target.tier & 1) != 0;
    case Target::Kind::provider:
      return equal_ignoring_case(target.provider, host.name);
    case Target::Kind::provider_model:
      return equal_ignoring_case(target.provider, host.name) && names_it();
    case Target::Kind::model:
      return names_it();
    case Target::Kind::automatic:
      return true;
  }
  return false;
}

}  // namespace codecrucible::router

#include "router/names.hpp"
#include "router/prospect.hpp"

#include <algorithm>

namespace codecrucible::router {
namespace {

// How well a name fits one model of the fleet; "provider/model" counts like the model alone, on its host.
Fit fit_in_fleet(std::string_view wanted, const core::HostView& host, const core::ModelView& model) noexcept {
  Fit best = fit(wanted, model.id);
  if (best == Fit::exact) return best;
  if (model.public_id != model.id) best = std::max(best, fit(wanted, model.public_id));
  const auto slash = wanted.find('/');
  if (slash != std::string_view::npos && equal_ignoring_case(wanted.substr(0, slash), host.name)) {
    best = std::max(best, fit(wanted.substr(slash + 1), model.id));
  }
  return best;
}

void find_concrete(std::string_view wanted, const core::FleetView& fleet, Resolved& out) {
  // "ollama/x" means Ollama's x, not somebody else's x whose publisher was left out.
  const auto provider = wanted.substr(0, wanted.find('/'));
  const bool names_provider =
      provider.size() < wanted.size() &&
      std::any_of(
          fleet.hosts.begin(), fleet.hosts.end(),
          [&](const core::HostView& host) { return equal_ignoring_case(host.name, provider); });
  Fit best = Fit::none;
  for (std::size_t i = 0; i < fleet.models.size(); ++i) {
    Fit here = fit_in_fleet(wanted, fleet.host_of(fleet.models[i]), fleet.models[i]);
    if (here == Fit::none || here < best) continue;
    const bool elsewhere =
        names_provider && !equal_ignoring_case(fleet.host_of(fleet.models[i]).name, provider);
    if (elsewhere && here < Fit::loose) continue;
    if (here == Fit::exact) here = Fit::loose;  // "llama3" here and "llama3:latest" there are replicas
    if (here > best) out.models.clear();
    best = here;
    out.models.push_back(i);
  }
  out.kind = best == Fit::none ? Resolved::Kind::unknown : Resolved::Kind::concrete;
}

}  // namespace

const Traits* Workspace::traits_of(const Compiled& compiled, std::string_view provider, std::string_view id) {
  if (const Traits* known = compiled.traits.find(provider, id)) return known;
  std::unique_ptr<const Traits> made = std::make_unique<Traits>(make_traits(compiled, provider, id));
  if (const Traits* kept = compiled.traits.keep(made)) return kept;
  extra.push_back(std::move(made));
  return extra.back().get();
}

Resolved resolve_name(std::string_view model, const Policy& policy, const core::FleetView& fleet,
                      Workspace& space) {
  const Compiled& compiled = *policy.compiled;
  Resolved out;
  if (const auto prefer = virtual_model(model)) {
    out.kind = Resolved::Kind::automatic;
    out.prefer = *prefer;
    return out;
  }
  std::string decoded;
  if (model.find('%') != std::string_view::npos) model = decoded = decode_slashes(model);
  for (const auto& alias : compiled.settings.aliases) {
    if (!matches_pattern(alias.name, model)) continue;
    out.by_alias = true;
    model = alias.target;
    if (const auto prefer = virtual_model(model)) {
      out.kind = Resolved::Kind::automatic;
      out.prefer = *prefer;
      return out;
    }
    break;
  }
  const Target target = read_target(model, compiled);
  if (target.kind != Target::Kind::tier && target.kind != Target::Kind::provider) {
    find_concrete(out.by_alias ? std::string_view(model) : model, fleet, out);
    return out;
  }
  out.kind = Resolved::Kind::automatic;
  for (std::size_t i = 0; i < fleet.models.size(); ++i) {
    const auto& host = fleet.host_of(fleet.models[i]);
    const Traits* traits = space.traits_of(compiled, host.name, fleet.models[i].id);
    if (belongs(target, *traits, host, fleet.models[i])) out.models.push_back(i);
  }
  // A provider that lists nothing now is unknown rather than everything.
  if (out.models.empty()) out.kind = Resolved::Kind::unknown;
  return out;
}

Resolved resolve(std::string_view model, const Policy& policy, const core::FleetView& fleet) {
  Workspace space;
  Resolved out = resolve_name(model, policy, fleet, space);
  if (out.kind != Resolved::Kind::unknown) return out;
  std::vector<std::string> names{"auto", "auto-fast", "auto-quality"};
  for (const auto& alias : policy.compiled->settings.aliases) {
    if (alias.name.find('*') == std::string::npos) names.push_back(alias.name);
  }
  for (const auto& known : fleet.models) names.push_back(known.id);
  out.nearest = nearest(model, names, 3);
  return out;
}

}  // namespace codecrucible::router

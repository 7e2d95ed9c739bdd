#include "fleet/names.hpp"

#include <algorithm>
#include <utility>

namespace codecrucible::fleet {
namespace {

int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string_view without_publisher(std::string_view name) {
  const auto slash = name.rfind('/');
  return slash == name.npos ? name : name.substr(slash + 1);
}

std::string_view without_tag(std::string_view name) {
  const auto colon = name.rfind(':');
  const bool tag = colon != name.npos && name.find('/', colon) == name.npos;
  return tag ? name.substr(0, colon) : name;
}

template <class Same>
std::vector<std::size_t> all_where(const core::FleetView& view, Same same) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < view.models.size(); ++i) {
    if (same(view.models[i])) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> by_canonical(const std::string& wanted, const core::FleetView& view) {
  return all_where(view, [&](const core::ModelView& model) {
    return canonical(model.id) == wanted || canonical(model.public_id) == wanted;
  });
}

// "ollama/llama3": the first segment is a host of ours.
std::vector<std::size_t> by_host(const std::string& wanted, const core::FleetView& view) {
  const auto slash = wanted.find('/');
  if (slash == wanted.npos) return {};
  const auto host = wanted.substr(0, slash);
  const auto rest = wanted.substr(slash + 1);
  return all_where(view, [&](const core::ModelView& model) {
    if (canonical(view.host_of(model).name) != host) return false;
    const auto own = canonical(model.id);
    return own == rest || without_publisher(own) == rest || canonical(model.public_id) == rest;
  });
}

std::vector<std::size_t> by_bare_name(const std::string& wanted, const core::FleetView& view) {
  return all_where(view, [&](const core::ModelView& model) {
    return without_publisher(canonical(model.id)) == without_publisher(wanted);
  });
}

// "llama3" for "llama3:8b", only while it is the one model that it can mean.
std::vector<std::size_t> by_untagged(const std::string& wanted, const core::FleetView& view) {
  if (without_tag(wanted) != wanted) return {};
  auto found = all_where(view, [&](const core::ModelView& model) {
    return without_tag(without_publisher(canonical(model.id))) == without_publisher(wanted);
  });
  const bool one = std::all_of(found.begin(), found.end(), [&](std::size_t i) {
    return canonical(view.models[i].id) == canonical(view.models[found.front()].id);
  });
  return one ? found : std::vector<std::size_t>{};
}

std::vector<std::size_t> named(std::string_view name, const core::FleetView& view) {
  auto found = all_where(
      view, [&](const core::ModelView& model) { return model.id == name || model.public_id == name; });
  if (!found.empty()) return found;
  const auto wanted = canonical(name);
  if (wanted.empty()) return {};
  for (const auto way : {by_canonical, by_host, by_bare_name, by_untagged}) {
    found = way(wanted, view);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace

std::string canonical(std::string_view name) {
  std::string form;
  form.reserve(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    char letter = name[i];
    if (letter == '%' && i + 2 < name.size() && hex(name[i + 1]) >= 0 && hex(name[i + 2]) >= 0) {
      letter = static_cast<char>(hex(name[i + 1]) * 16 + hex(name[i + 2]));
      i += 2;
    }
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    form += letter;
  }
  constexpr std::string_view latest = ":latest";
  if (form.size() > latest.size() && form.ends_with(latest)) form.resize(form.size() - latest.size());
  return form;
}

std::vector<std::size_t> resolve(std::string_view name, const core::FleetView& view, const Aliases& aliases) {
  auto alias = aliases.find(name);
  if (alias == aliases.end()) alias = aliases.find(canonical(name));
  if (alias == aliases.end()) return named(name, view);
  std::vector<std::size_t> found;
  for (const auto& target : alias->second) {
    for (const auto model : named(target, view)) {
      if (std::find(found.begin(), found.end(), model) == found.end()) found.push_back(model);
    }
  }
  return found;
}

const core::ModelView* ready_model(const core::FleetView& view, std::string_view name) {
  const auto wanted = canonical(name);
  for (const auto& model : view.models) {
    const auto& host = view.host_of(model);
    const bool works = host.reachable && !host.draining && host.breaker == core::BreakerState::closed &&
                       model.breaker == core::BreakerState::closed;
    const bool named = canonical(model.id) == wanted || model.public_id == name;
    if (named && works && model.resident && !model.loading) return &model;
  }
  return nullptr;
}

}  // namespace codecrucible::fleet

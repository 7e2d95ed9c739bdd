#include "cli/local_view.hpp"

#include "classifier/model.hpp"
#include "fleet/fleet.hpp"
#include "gateway/listing.hpp"

#include <filesystem>

namespace codecrucible::cli {
namespace {

namespace fs = std::filesystem;

void find(std::string& file) {
  std::error_code error;
  if (file.empty() || fs::path(file).is_absolute() || fs::exists(file, error)) return;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (error) return;
  const auto folder = program.parent_path();
  for (const auto& base : {folder / "../..", folder / "../share/codecrucible", folder}) {
    const auto candidate = base / file;
    if (fs::exists(candidate, error)) {
      file = fs::weakly_canonical(candidate, error).string();
      return;
    }
  }
}

}  // namespace

void find_model_file(std::string& file) {
  find(file);
}

void find_model_files(classifier::Settings& settings) {
  find(settings.model_file);
  find(settings.vectors_file);
}

classifier::Layers layers_of(const classifier::Settings& settings, std::string& trouble) {
  classifier::Layers layers;
  layers.settings = settings;
  auto model = classifier::load_model(settings.model_file, settings.vectors_file);
  if (model) {
    layers.model = std::move(*model);
  } else {
    trouble = model.error().detail;
  }
  return layers;
}

core::FleetViewPtr view_of(const std::vector<Place>& places, const config::Settings& settings) {
  const auto now = std::chrono::steady_clock::now();
  fleet::Fleet fleet(settings.fleet, now);
  for (const auto& place : places) {
    if (!place.answer) {
      fleet.probe_failed(place.host.name, place.answer.error(), now);
      continue;
    }
    fleet.probed(place.host.name, gateway::fleet_listing(*place.answer), now, now);
  }
  return fleet.view(now, true);
}

}  // namespace codecrucible::cli

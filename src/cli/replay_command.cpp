#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/policy_commands.hpp"
#include "cli/terminal.hpp"
#include "config/load.hpp"
#include "config/units.hpp"
#include "gateway/history_filter.hpp"
#include "gateway/state_files.hpp"
#include "learning/replay.hpp"
#include "learning/scholar.hpp"
#include "learning/shelf.hpp"

#include <nlohmann/json.hpp>

#include <iomanip>
#include <iostream>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

core::Result<config::Settings> settings_in(const std::string& given) {
  const auto path = config_path(given);
  const auto around = config::surroundings_of(path);
  auto loaded = path.empty()
                    ? config::load(config::Source{"built-in defaults", config::documented_defaults()}, around)
                    : config::load_file(path, around);
  if (loaded.settings) return std::move(*loaded.settings);
  std::string all = path + " has mistakes:";
  for (const auto& problem : loaded.problems) all += "\n  " + config::to_string(problem);
  return core::fail(core::Cause::bad_request, all);
}

// The models that the history knows, as a fleet to ask the router's expectations of.
core::FleetView fleet_of(const std::vector<history::Kept>& records) {
  core::FleetView fleet;
  core::HostView host;
  host.name = "any";
  host.reachable = true;
  fleet.hosts.push_back(host);
  for (const auto& kept : records) {
    for (const auto& candidate : kept.record.ranked) {
      bool known = false;
      for (const auto& model : fleet.models) known = known || model.id == candidate.model;
      if (known) continue;
      core::ModelView model;
      model.id = model.public_id = candidate.model;
      model.resident = true;
      fleet.models.push_back(std::move(model));
    }
  }
  return fleet;
}

core::Result<router::Policy> policy_of(const ReplayCommand& command, const config::Settings& current,
                                       const std::vector<history::Kept>& records) {
  if (!command.other.empty()) {
    const auto other = settings_in(command.other);
    if (!other) return other.error();
    return router::compile(other->routing, {});
  }
  auto policy = router::compile(current.routing, {});
  if (!policy || command.policy == "0") return policy;
  const auto number = config::number_of(command.policy);
  if (!number || *number < 0) return core::fail(core::Cause::bad_request, "--policy takes a number");
  auto shelf = learning::Shelf::open(gateway::state_directory(current) + "/policies.db");
  if (!shelf) return shelf.error();
  const auto text = shelf->state(static_cast<std::uint64_t>(*number));
  if (!text) return text.error();
  learning::Scholar scholar(current.learning);
  if (!scholar.read(*text)) return core::fail(core::Cause::unsupported, "this policy is of another form");
  policy->learned = scholar.table(learning::priors_of(current.routing, fleet_of(records)), current.routing);
  return policy;
}

json estimate_json(const learning::Estimate& estimate) {
  return {{"value", estimate.value}, {"low", estimate.low}, {"high", estimate.high}};
}

void print(const learning::Replayed& replayed, const learning::Evaluation& found) {
  std::cout << replayed.seen << " requests; in " << replayed.fixed << " there was no choice, of "
            << replayed.unrated << " nobody said how good the answer was: " << replayed.log.size()
            << " to judge by.\nIn " << replayed.same
            << " of them the other policy would have chosen the same.\n\n"
            << std::fixed << std::setprecision(3);
  const auto line = [](const char* name, const learning::Estimate& estimate) {
    std::cout << std::setw(28) << std::left << name << std::right << std::setw(8) << estimate.value << "   "
              << estimate.low << " to " << estimate.high << '\n';
  };
  std::cout << std::setw(28) << std::left << "quality, 0 to 1" << std::right << std::setw(8) << "value"
            << "   95 % interval\n";
  line("as served", found.logged);
  line("other, inverse propensity", found.ips);
  line("other, self-normalised", found.snips);
  line("other, doubly robust", found.robust);
  line("gain (doubly robust)", found.gain);
  std::cout << "effective sample size " << std::setprecision(0) << found.effective << " of " << found.requests
            << '\n';
  for (const auto& warning : found.warnings) std::cout << "warning: " << warning << '\n';
  std::cout << '\n' << learning::plain_verdict(found) << '\n';
}

}  // namespace

int replay_command(const ReplayCommand& command) {
  if (command.policy.empty() && command.other.empty())
    return said("say what to judge: --policy N or --config FILE", Exit::usage);
  const auto current = settings_in(command.config);
  if (!current) return said(current.error().detail);
  gateway::Parameters parameters;
  if (!command.since.empty()) parameters.emplace_back("since", command.since);
  auto filter = gateway::history_filter(parameters, std::chrono::system_clock::now(), 100'000'000);
  if (!filter) return said(filter.error().detail, Exit::usage);
  filter->limit = 0;
  filter->oldest_first = true;
  const auto reader =
      history::open_reader(command.file.empty() ? gateway::history_file(*current) : command.file);
  if (!reader) return said(reader.error().detail);
  std::vector<history::Kept> records;
  const auto done = (*reader)->read(*filter, [&](const history::Kept& kept) {
    records.push_back(kept);
    return true;
  });
  if (!done) return said(done.error().detail);
  const auto policy = policy_of(command, *current, records);
  if (!policy) return said(policy.error().detail);
  const auto replayed = learning::replayed(records, *policy);
  const auto found = learning::evaluate(replayed.log);
  if (!command.json) {
    print(replayed, found);
    return Exit::ok;
  }
  const json page = {{"requests", replayed.seen},
                     {"without_choice", replayed.fixed},
                     {"unrated", replayed.unrated},
                     {"judged", replayed.log.size()},
                     {"same", replayed.same},
                     {"served", estimate_json(found.logged)},
                     {"ips", estimate_json(found.ips)},
                     {"snips", estimate_json(found.snips)},
                     {"doubly_robust", estimate_json(found.robust)},
                     {"gain", estimate_json(found.gain)},
                     {"effective_sample_size", found.effective},
                     {"warnings", found.warnings},
                     {"can_tell", found.can_tell},
                     {"verdict", learning::plain_verdict(found)}};
  std::cout << page.dump(2) << '\n';
  return Exit::ok;
}

}  // namespace codecrucible::cli

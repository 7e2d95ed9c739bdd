#include "cli/config_simulate.hpp"

#include "cli/discover.hpp"
#include "cli/exit_codes.hpp"
#include "cli/local_view.hpp"
#include "cli/routing_check.hpp"
#include "cli/simulation.hpp"
#include "config/load.hpp"
#include "gateway/history_filter.hpp"
#include "gateway/replay.hpp"
#include "gateway/state_files.hpp"
#include "history/export.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>

namespace codecrucible::cli {
namespace {

int from_lines(const std::string& file, gateway::WhatIf& what_if) {
  std::ifstream in(file);
  if (!in) return said("cannot read " + file);
  std::string line;
  std::size_t number = 0;
  while (std::getline(in, line)) {
    ++number;
    if (line.empty()) continue;
    const auto kept = history::from_json(line);
    if (!kept) return said(file + ":" + std::to_string(number) + ": " + kept.error().detail);
    what_if.add(kept->record);
  }
  return Exit::ok;
}

int from_ledger(const SimulateConfig& command, const config::Settings& settings, gateway::WhatIf& what_if) {
  gateway::Parameters parameters;
  if (!command.since.empty()) parameters.emplace_back("since", command.since);
  if (!command.limit.empty()) parameters.emplace_back("limit", command.limit);
  auto filter = gateway::history_filter(parameters, std::chrono::system_clock::now(), 100'000'000);
  if (!filter) return said(filter.error().detail, Exit::usage);
  if (command.limit.empty()) filter->limit = command.since.empty() ? 1000 : 0;
  const auto reader =
      history::open_reader(command.ledger.empty() ? gateway::history_file(settings) : command.ledger);
  if (!reader) return said(reader.error().detail);
  const auto done = (*reader)->read(*filter, [&](const history::Kept& kept) {
    what_if.add(kept.record);
    return true;
  });
  return done ? static_cast<int>(Exit::ok) : said(done.error().detail);
}

// Conditions that read what is not remembered are false here, whatever they were then.
void warn_of_unknown(const router::Settings& routing) {
  for (const auto& rule : routing.rules) {
    if (rule.condition.find("headers") == std::string::npos &&
        rule.condition.find("user ") == std::string::npos) {
      continue;
    }
    std::cerr << "note: the rule \"" << (rule.name.empty() ? rule.condition : rule.name)
              << "\" reads headers or the user, which the history does not keep: it is judged as if they "
                 "were empty\n";
  }
}

}  // namespace

int simulate_config(const SimulateConfig& command) {
  auto around = config::surroundings_of(command.file);
  around.check = check_routing;
  if (!command.profile.empty()) around.profile = command.profile;
  auto loaded = config::load_file(command.file, around);
  for (const auto& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
  if (!loaded.settings) return Exit::failed;
  auto& settings = *loaded.settings;
  auto places = look_around(settings);
  Simulation simulation;
  if (!anybody_answers(places)) {
    auto begun = begin_simulation(settings);
    if (begun) simulation = std::move(*begun);
    places = look_around(settings);
    std::cerr << "No server of models answers: decided on the built-in SIMULATION.\n";
  }
  adopt(places, settings);
  const auto policy = router::compile(settings.routing, {});
  if (!policy) return said(policy.error().detail);
  warn_of_unknown(settings.routing);
  gateway::WhatIf what_if(*policy, view_of(places, settings));
  const int code =
      command.jsonl.empty() ? from_ledger(command, settings, what_if) : from_lines(command.jsonl, what_if);
  if (code != Exit::ok) return code;
  std::cout << (command.json ? gateway::to_json(what_if.sums()) + "\n" : gateway::to_text(what_if.sums()));
  return Exit::ok;
}

}  // namespace codecrucible::cli

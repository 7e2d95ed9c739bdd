#include "cli/policy_commands.hpp"

#include "cli/admin_page.hpp"
#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <iomanip>
#include <iostream>
#include <utility>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

void print_list(const json& page) {
  const auto& release = page["release"];
  std::cout << "in force: policy " << page["in_force"] << (page["in_force"] == 0 ? " (the rules alone)" : "")
            << "; newest " << page["newest"]
            << (page.value("following", false) ? ", newer ones come into force by themselves\n"
                                               : ", newer ones wait (codecrucible policy follow)\n");
  if (release.value("stage", "") == "running") {
    std::cout << release.value("strategy", "") << ": policy " << release["candidate"] << " against "
              << release["current"] << " with " << release["percentage"] << " % of the requests\n"
              << printable(release.value("verdict", "")) << '\n';
  }
  std::cout << printable(release.value("reason", "")) << "\n\n";
  std::cout << std::setw(8) << "policy" << "  " << std::setw(19) << std::left << "made" << std::right
            << std::setw(12) << "outcomes" << std::setw(9) << "alarms" << '\n';
  std::size_t shown = 0;
  for (const auto& one : page["policies"]) {
    if (++shown > 20) break;
    std::cout << std::setw(8) << one.value("number", 0) << "  " << time_text(one.value("at", std::int64_t{0}))
              << std::setw(12) << one.value("outcomes", 0) << std::setw(9) << one.value("alarms", 0) << '\n';
  }
  if (shown == 0) std::cout << "Nothing was learned yet.\n";
}

void print_thresholds(const json& page) {
  bool any = false;
  std::cout << std::fixed << std::setprecision(2);
  for (const auto& [task, one] : page.value("escalation_thresholds", json::object()).items()) {
    if (one.value("judged", 0) + one.value("escalated", 0) == 0) continue;
    if (!std::exchange(any, true)) std::cout << "\nanswers that are less sure than this escalate\n";
    std::cout << "  " << std::setw(11) << std::left << task << std::right << ' '
              << one.value("configured", 0.0) << " -> " << one.value("learned", 0.0) << "  ("
              << one.value("judged", 0) << " words about judged answers, " << one.value("escalated", 0)
              << " about escalated ones)\n";
  }
  any = false;
  for (const auto& one : page.value("rules", json::array())) {
    if (!std::exchange(any, true)) std::cout << "\nconfidence of the rules\n";
    std::cout << "  " << printable(one.value("rule", "")) << ": " << one.value("configured", 0.0) << " -> "
              << one.value("learned", 0.0) << "  (" << one.value("words", 0) << " words, of which "
              << 100 * one.value("good", 0.0) << " % good)\n";
  }
}

void print_policy(const json& page) {
  std::cout << "policy " << page["number"] << ", learned from " << page["outcomes"] << " outcomes\n";
  std::cout << "expected quality: by the rules -> learned (± deviation)\n";
  for (const auto& [model, tasks] : page["models"].items()) {
    std::cout << '\n' << printable(model) << '\n';
    for (const auto& [task, complexities] : tasks.items()) {
      std::cout << "  " << std::setw(11) << std::left << task << std::right;
      for (const auto& [complexity, cell] : complexities.items()) {
        std::cout << "  " << complexity << ' ' << std::fixed << std::setprecision(2)
                  << cell.value("rules", 0.0) << " -> " << cell.value("learned", 0.0) << " ±"
                  << cell.value("deviation", 0.0);
      }
      std::cout << '\n';
    }
  }
  print_thresholds(page);
}

}  // namespace

int policy_command(const PolicyCommand& command, const GatewayAddress& gateway) {
  HttpCall call;
  call.path = "/admin/policies";
  if (command.verb == "show") {
    call.path += "/" + std::to_string(command.number);
  } else if (command.verb != "list") {
    call.method = "POST";
    call.path += "/" + command.verb;
    json body = {{"number", command.number}};
    if (!command.strategy.empty()) body["strategy"] = command.strategy;
    call.body = command.verb == "activate" ? body.dump() : "{}";
  }
  int exit = Exit::ok;
  const auto found = admin_page(gateway, call, exit);
  if (!found) return exit;
  const auto& page = *found;
  if (command.json) {
    std::cout << page.dump(2) << '\n';
  } else if (command.verb == "show") {
    print_policy(page);
  } else {
    print_list(page);
  }
  return Exit::ok;
}

void add_policy_commands(CLI::App& app, PolicyCommand& policy, ReplayCommand& replay) {
  auto* const group = app.add_subcommand("policy", "what the gateway has learned of its models, in versions");
  group->require_subcommand(1);
  group->add_flag("--json", policy.json, "as JSON");
  const auto verb = [&](const char* name, const char* about) {
    auto* const made = group->add_subcommand(name, about);
    made->callback([&policy, name] { policy.verb = name; });
    made->add_flag("--json", policy.json, "as JSON");
    return made;
  };
  verb("list", "versions, which one is in force, and how a release goes");
  verb("show", "what a version expects of each model")
      ->add_option("number", policy.number)
      ->required()
      ->check(CLI::Range(0, 1000000000));
  auto* const activate = verb("activate", "bring a version into force; 0: the rules alone");
  activate->add_option("number", policy.number)->required()->check(CLI::Range(0, 1000000000));
  activate->add_option("--strategy", policy.strategy, "immediate (default), gradual, canary, ab, shadow");
  verb("rollback", "back to what was in force before");
  verb("follow", "let the newest version come into force, and each later one");
  auto* const again = app.add_subcommand("replay", "what another policy would have earned on the history");
  auto* const number =
      again->add_option("--policy", replay.policy, "number of a kept policy; 0: the rules alone");
  again->add_option("--config", replay.other, "a configuration to judge")->excludes(number);
  again->add_option("--since", replay.since, "30m, 24h, 7d, or a time: 2026-11-21T10:00 (UTC)");
  again->add_option("--file", replay.file, "the ledger to read (default: where the configuration says)");
  again->add_option("-c,--current", replay.config, "the configuration in force");
  again->add_flag("--json", replay.json, "as JSON");
}

}  // namespace codecrucible::cli

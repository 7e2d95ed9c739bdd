#include "cli/admin_page.hpp"
#include "cli/exit_codes.hpp"
#include "cli/policy_commands.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <iomanip>
#include <iostream>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

double percent_right(const json& exam, const char* what) {
  return 100 * exam.value(what, 0.0);
}

void print_classifiers(const json& page) {
  std::cout << "in use: classifier " << page["in_use"]
            << (page["in_use"] == 0 ? " (the configuration's file)" : "")
            << (page.value("training", false) ? "; one is being trained\n" : "\n");
  const auto& round = page["last_round"];
  if (round.value("at", std::int64_t{0}) > 0) {
    std::cout << "last round " << time_text(round.value("at", std::int64_t{0})) << ": "
              << printable(round.value("said", "")) << '\n';
  }
  if (page["classifiers"].empty()) {
    std::cout << "None was trained that is better than what was in use.\n";
    return;
  }
  std::cout << "\nclassifier  made                 labels   held back: type right    complexity right\n"
            << std::fixed << std::setprecision(1);
  for (const auto& one : page["classifiers"]) {
    std::cout << std::setw(10) << one.value("number", 0) << "  "
              << time_text(one.value("at", std::int64_t{0})) << std::setw(8) << one.value("learned", 0)
              << std::setw(12) << one.value("held", 0) << std::setw(7) << percent_right(one["before"], "type")
              << " -> " << std::setw(5) << percent_right(one["after"], "type") << " %" << std::setw(7)
              << percent_right(one["before"], "complexity") << " -> " << std::setw(5)
              << percent_right(one["after"], "complexity") << " %\n";
  }
}

}  // namespace

int classifier_command(const ClassifierCommand& command, const GatewayAddress& gateway) {
  HttpCall call;
  call.path = "/admin/classifiers";
  if (command.verb != "list") {
    call.method = "POST";
    call.path += "/" + command.verb;
    call.body = command.verb == "activate" ? json{{"number", command.number}}.dump() : "{}";
  }
  int exit = Exit::ok;
  const auto page = admin_page(gateway, call, exit);
  if (!page) return exit;
  if (command.json) {
    std::cout << page->dump(2) << '\n';
  } else {
    print_classifiers(*page);
  }
  return Exit::ok;
}

void add_classifier_commands(CLI::App& app, ClassifierCommand& classifier) {
  auto* const group = app.add_subcommand(
      "classifier", "classifiers that the gateway trained with labelled prompts of its history");
  group->require_subcommand(1);
  group->add_flag("--json", classifier.json, "as JSON");
  const auto verb = [&](const char* name, const char* about) {
    auto* const made = group->add_subcommand(name, about);
    made->callback([&classifier, name] { classifier.verb = name; });
    made->add_flag("--json", classifier.json, "as JSON");
    return made;
  };
  verb("list", "which is in use, what is offered, and how the last round went");
  verb("activate", "put one into use; 0: that of the configuration")
      ->add_option("number", classifier.number)
      ->required()
      ->check(CLI::Range(0, 1000000000));
  verb("rollback", "back to what was in use before");
  verb("train", "train one now, in the background");
}

}  // namespace codecrucible::cli

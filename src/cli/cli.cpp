#include "cli/cli.hpp"

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/config_commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/history_commands.hpp"
#include "cli/policy_commands.hpp"
#include "cli/routing_commands.hpp"
#include "cli/terminal.hpp"
#include "router/names.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace codecrucible::cli {
namespace {

// Everything that the command line may say.
struct Line {
  std::string url;
  std::string config;
  bool json = false;
  bool watch = false;
  std::string verb, provider, model;  // of `fleet`

  AskOptions ask;
  std::vector<std::string> words;
  bool fast = false;
  bool quality = false;

  ServeOptions serve;
  SimulateOptions simulate;
  ConfigOptions config_options;
  TrainCommand train;
  ClassifyCommand classify;
  ExplainCommand explain;
  HistoryCommand history;
  FeedbackCommand feedback;
  PolicyCommand policy;
  ClassifierCommand classifier;
  ReplayCommand replay;
};

void add_ask_options(CLI::App& app, Line& line) {
  app.add_option("prompt", line.words,
                 "what you want; standard input is added to it when something is piped in");
  auto* const fast = app.add_flag("--fast", line.fast, "prefer the fast, small models (model auto-fast)");
  auto* const quality =
      app.add_flag("--quality", line.quality, "prefer the strong models (model auto-quality)");
  quality->excludes(fast);
  app.add_option("-m,--model", line.ask.model, "a model by name instead of the automatic choice")
      ->excludes(fast, quality);
  app.add_option("-s,--system", line.ask.system, "system prompt");
  app.add_option("-f,--file", line.ask.files, "attach a file (may be repeated)")->allow_extra_args(false);
  app.add_flag("-q,--quiet", line.ask.quiet, "only the answer, no line about the route");
  app.add_flag("--json", line.json, "print one JSON object when done");
}

CLI::App* add_fleet_commands(CLI::App& app, Line& line) {
  auto* const models = app.add_subcommand("models", "list the models that can be asked, and where they live");
  models->add_flag("--json", line.json, "as JSON");
  auto* const status =
      app.add_subcommand("status", "hosts, models in memory, running and waiting requests, speeds");
  status->add_flag("--json", line.json, "as JSON");
  status->add_flag("-w,--watch", line.watch, "live, each second anew, until Ctrl-C");
  auto* const fleet = app.add_subcommand("fleet", "take providers out of service and back, close breakers");
  fleet->require_subcommand(1);
  const auto command = [&](const char* name, const char* verb, const char* help) {
    auto* const sub = fleet->add_subcommand(name, help);
    sub->add_option("provider", line.provider, "its name, as status shows it")->required();
    sub->callback([&line, verb] { line.verb = verb; });
    return sub;
  };
  command("drain", "drain", "no new requests go there; what runs may finish");
  command("resume", "resume", "requests go there again");
  command("reset-breaker", "reset", "try again at once what rests after failures")
      ->add_option("model", line.model, "only this model of it");
  auto* const doctor =
      app.add_subcommand("doctor", "look at everything and say what is wrong and how to mend it");
  doctor->add_option("-c,--config", line.config, "configuration file");
  doctor->add_flag("--json", line.json, "as JSON");
  return doctor;
}

void add_serve(CLI::App& app, Line& line) {
  auto* const serve = app.add_subcommand("serve", "start the gateway");
  serve->add_option("-c,--config", line.serve.config,
                    "configuration file (else config/hybrid.yaml, else defaults)");
  serve->add_option("--profile", line.serve.profile, "hardware profile: high-end, constrained, auto");
  serve->add_option("-p,--port", line.serve.port, "port to listen on (default 8484)")
      ->check(CLI::Range(0, 65535));
  serve->add_option("--address", line.serve.address, "address to listen on (default 127.0.0.1)");
  serve->add_flag_callback(
      "--simulate", [&line] { line.serve.simulate = "always"; }, "use the simulators, whatever is there");
  serve->add_flag_callback(
      "--no-simulate", [&line] { line.serve.simulate = "never"; }, "never use the simulators");
  auto* const simulate =
      app.add_subcommand("simulate", "stand-ins for LM Studio and Ollama, with faults on demand");
  simulate->add_option("--lmstudio-port", line.simulate.lmstudio_port,
                       "port of the simulated LM Studio (default 1234)");
  simulate->add_option("--ollama-port", line.simulate.ollama_port,
                       "port of the simulated Ollama (default 11434)");
  simulate->add_option("--speed", line.simulate.speed, "2 = twice as fast, 0 = no delays");
}

// People write it behind the command as well.
void add_url(CLI::App& app, Line& line) {
  for (const char* const name : {"chat", "models", "status", "fleet", "doctor", "explain", "history",
                                 "feedback", "policy", "classifier", "config"}) {
    auto* const command = app.get_subcommand(name);
    command->add_option("--url", line.url, "address of the gateway");
    for (auto* const part : command->get_subcommands([](const CLI::App*) { return true; }))
      part->fallthrough();
  }
}

int ask_or_chat(Line& line, const GatewayAddress& gateway, bool conversation) {
  for (const auto& word : line.words) line.ask.prompt += (line.ask.prompt.empty() ? "" : " ") + word;
  if (line.fast) line.ask.model = "auto-fast";
  if (line.quality) line.ask.model = "auto-quality";
  line.ask.json = line.json;
  return conversation ? chat(line.ask, gateway) : ask(line.ask, gateway);
}

// The command that a single word may have been meant for; empty if it is a question.
std::string mistyped(const CLI::App& app, const Line& line) {
  // CLI11 counts the program itself as well.
  const auto given = app.count_all() - app.count("--url") - app.count();
  const bool bare = line.words.size() == 1 && line.words.front().size() > 3 && line.ask.files.empty() &&
                    given == 1 && !standard_input_has_data();
  if (!bare) return {};
  std::vector<std::string> names;
  for (const auto* const command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const auto near = router::nearest(line.words.front(), names, 1);
  return near.empty() ? std::string() : near.front();
}

int dispatch(CLI::App& app, Line& line) {
  const auto gateway = gateway_address(line.url);
  const auto given = app.get_subcommands();
  const std::string command = given.empty() ? std::string() : given.front()->get_name();
  const auto chosen = [&](const char* name) { return command == name; };
  // "how do I serve files" without quotes must not start a gateway.
  if (!command.empty() && app.get_option("prompt")->count() > 0) {
    std::cerr << "error: '" << command << "' is a command; put a prompt that holds this word in quotes\n";
    return Exit::usage;
  }
  if (chosen("serve")) return serve(line.serve);
  if (chosen("simulate")) return simulate(line.simulate);
  if (chosen("models")) return models(gateway, line.json);
  if (chosen("status")) return status(gateway, line.json, line.watch);
  if (chosen("fleet")) return command_fleet(gateway, line.verb, line.provider, line.model);
  if (chosen("doctor")) return doctor(line.config, gateway, line.json);
  if (chosen("chat")) return ask_or_chat(line, gateway, true);
  if (chosen("config")) return config_command(line.config_options, gateway);
  if (chosen("train")) return train_command(line.train);
  if (chosen("classify")) return classify_command(line.classify);
  if (chosen("history")) {
    line.history.remote = gateway_named(line.url);
    return history_command(line.history, gateway);
  }
  if (chosen("feedback")) return feedback_command(line.feedback, gateway);
  if (chosen("policy")) return policy_command(line.policy, gateway);
  if (chosen("classifier")) return classifier_command(line.classifier, gateway);
  if (chosen("replay")) return replay_command(line.replay);
  if (chosen("explain")) return explain_command(line.explain, gateway);
  if (const auto meant = mistyped(app, line); !meant.empty()) {
    std::cerr
        << "error: there is no command '" << line.words.front() << "'; did you mean '" << meant
        << "'?\n       A question of one word is asked with another option beside it: codecrucible -m auto "
        << line.words.front() << '\n';
    return Exit::usage;
  }
  if (line.words.empty() && line.ask.files.empty() && !standard_input_has_data()) {
    std::cout << app.help();
    return Exit::usage;
  }
  return ask_or_chat(line, gateway, false);
}

// As CLI11 wants them: the last first. It takes "[a, b]" for a list and would lose the brackets of a prompt;
// a blank behind them prevents that.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> reversed;
  for (int i = argc - 1; i > 0; --i) {
    std::string text = argv[i];
    if (text.starts_with('[') && text.ends_with(']')) text += ' ';
    reversed.push_back(std::move(text));
  }
  return reversed;
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app(
      "codecrucible: one endpoint in front of LM Studio, Ollama and any OpenAI-compatible server.\n\n"
      "  codecrucible serve                         start the gateway on http://127.0.0.1:8484\n"
      "  codecrucible \"explain this error: …\"       ask, streamed; the model is chosen by task and "
      "complexity\n"
      "  codecrucible --fast \"create a React login component\"\n"
      "  git diff | codecrucible \"review\"           standard input joins the prompt\n"
      "  codecrucible doctor                        what is there, what is wrong, how to mend it\n",
      "codecrucible");
  app.set_version_flag("--version", "codecrucible 0.1.0");
  Line line;
  app.add_option("--url", line.url,
                 "address of the gateway (default $CODECRUCIBLE_URL or http://127.0.0.1:8484)");
  add_ask_options(app, line);
  auto* const conversation = app.add_subcommand("chat", "a conversation on the terminal");
  add_ask_options(*conversation, line);
  add_serve(app, line);
  add_fleet_commands(app, line);
  add_config_commands(app, line.config_options);
  add_routing_commands(app, line.train, line.classify, line.explain);
  add_history_commands(app, line.history, line.feedback);
  add_policy_commands(app, line.policy, line.replay);
  add_classifier_commands(app, line.classifier);
  add_url(app, line);
  app.footer(
      "Exit codes: 0 done, 1 the gateway or a backend said no, 2 wrong command line, 3 no gateway answers.");
  try {
    app.parse(arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? Exit::ok : Exit::usage;
  }
  return dispatch(app, line);
}

}  // namespace codecrucible::cli

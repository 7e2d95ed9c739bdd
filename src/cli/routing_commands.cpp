#include "cli/routing_commands.hpp"

#include "classifier/classify.hpp"
#include "classifier/report.hpp"
#include "classifier/train.hpp"
#include "classifier/verdict_json.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/discover.hpp"
#include "cli/exit_codes.hpp"
#include "cli/local_view.hpp"
#include "cli/routing_check.hpp"
#include "cli/simulation.hpp"
#include "cli/terminal.hpp"
#include "cli/train_history.hpp"
#include "config/load.hpp"
#include "router/router.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

std::optional<config::Settings> usable_settings(const std::string& given) {
  const auto path = config_path(given);
  auto around = config::surroundings_of(path);
  around.check = check_routing;
  auto loaded = path.empty()
                    ? config::load(config::Source{"built-in defaults", config::documented_defaults()}, around)
                    : config::load_file(path, around);
  for (const auto& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
  if (loaded.settings) find_model_files(loaded.settings->classifier);
  return std::move(loaded.settings);
}

// One user message as a request.
struct Prompt {
  explicit Prompt(const std::string& text) {
    request.model = "auto";
    auto& message = request.messages.emplace_back();
    core::Part part;
    part.text = arena.copy(text);
    message.parts.push_back(part);
  }
  core::Arena arena;
  core::ChatRequest request{arena};
};

int classify_lines(const std::string& file, const classifier::Layers& layers) {
  std::ifstream in(file);
  if (!in) {
    std::cerr << "error: cannot read " << file << '\n';
    return Exit::failed;
  }
  std::vector<classifier::Judged> judged;
  std::string line;
  std::size_t number = 0;
  while (std::getline(in, line)) {
    ++number;
    if (line.empty()) continue;
    const auto row = json::parse(line, nullptr, false);
    if (!row.is_object() || !row.contains("prompt") || !row["prompt"].is_string()) {
      std::cerr << file << ':' << number << ": a line needs {\"prompt\": \"…\"}\n";
      return Exit::failed;
    }
    const Prompt prompt(row["prompt"].get<std::string>());
    const auto verdict = classifier::classify(prompt.request, layers);
    std::cout << classifier::to_json(verdict) << '\n';
    const auto type = core::task_type_of(row.value("type", ""));
    const auto complexity = core::complexity_of(row.value("complexity", ""));
    if (!type || !complexity) continue;
    classifier::Judged one;
    one.type = *type;
    one.complexity = *complexity;
    one.said_type = verdict.type;
    one.said_complexity = verdict.complexity;
    one.confidence = verdict.confidence;
    judged.push_back(one);
  }
  if (!judged.empty()) std::cerr << classifier::report(judged);
  return Exit::ok;
}

// Asks the running gateway; without one the same code decides here, on what answers on this machine.
int explain_here(const ExplainCommand& command, const std::string& text) {
  auto settings = usable_settings({});
  if (!settings) return Exit::failed;
  auto places = look_around(*settings);
  Simulation simulation;
  if (!anybody_answers(places)) {
    auto begun = begin_simulation(*settings);
    if (begun) simulation = std::move(*begun);
    places = look_around(*settings);
    std::cerr << "No gateway and no server of models answers: explained on the built-in SIMULATION.\n";
  }
  adopt(places, *settings);
  const auto policy = router::compile(settings->routing, {});
  if (!policy) {
    std::cerr << policy.error().detail << '\n';
    return Exit::failed;
  }
  std::string trouble;
  const auto layers = layers_of(settings->classifier, trouble);
  if (!trouble.empty()) std::cerr << "rules only: " << trouble << '\n';
  Prompt prompt(text);
  prompt.request.model = prompt.arena.copy(command.model);
  const auto verdict = classifier::classify(prompt.request, layers);
  auto facts = router::facts_of(prompt.request, verdict);
  if (const auto prefer = router::prefer_of(command.prefer)) facts.prefer = *prefer;
  const auto explanation = router::explain(facts, *policy, *view_of(places, *settings), 0.5);
  std::cout << (command.json ? router::to_json(explanation) + "\n" : router::to_text(explanation));
  return Exit::ok;
}

}  // namespace

void add_routing_commands(CLI::App& app, TrainCommand& train, ClassifyCommand& classify,
                          ExplainCommand& explain) {
  auto* const explaining =
      app.add_subcommand("explain", "say where a prompt would go, and why; nothing is sent to a model");
  explaining->add_option("prompt", explain.prompt,
                         "the prompt; standard input is added to it when something is piped in");
  explaining->add_option("-f,--file", explain.files, "attach a file (may be repeated)");
  explaining->add_option("-m,--model", explain.model, "auto, auto-fast, auto-quality, or a model");
  explaining->add_option("--prefer", explain.prefer, "fast, quality or balanced");
  explaining->add_flag("--json", explain.json, "as JSON");
  auto* const classifying =
      app.add_subcommand("classify", "task type and complexity of a prompt, with each layer's vote");
  classifying->add_option("prompt", classify.prompt, "the prompt");
  classifying->add_option("--jsonl", classify.jsonl,
                          "many: lines with \"prompt\"; labels in them give a report");
  classifying->add_option("-c,--config", classify.config, "configuration file");
  auto* const training =
      app.add_subcommand("train", "train the classifier from labelled prompts and say how good it is");
  training->add_option("--data", train.data, "JSONL with prompt, type, complexity (may be repeated)")
      ->required();
  training->add_flag(
      "--from-history", train.from_history,
      "also learn from labelled prompts of the history; offered only if better than what is in use");
  training->add_option("-c,--config", train.config, "configuration file, for --from-history");
  training->add_option("--vectors", train.vectors, "word vectors to build on");
  training->add_option("--out", train.out, "model file to write; without it only the report is printed");
  training->add_option("--folds", train.folds, "of the cross-validation")->check(CLI::Range(2, 100));
  training->add_option("--seed", train.seed,
                       "of shuffles and folds: other seeds tell how far figures are luck");
}

int train_command(const TrainCommand& command) {
  if (command.from_history) return train_from_history(command);
  classifier::TrainOptions options;
  options.data = command.data;
  classifier::Settings files;
  files.vectors_file = command.vectors;
  find_model_files(files);
  options.vectors_file = files.vectors_file;
  options.out = command.out;
  options.folds = command.folds;
  options.seed = command.seed;
  const auto result = classifier::train(options);
  if (!result) {
    std::cerr << "error: " << result.error().detail << '\n';
    return Exit::failed;
  }
  std::cout << classifier::report(*result);
  return Exit::ok;
}

int classify_command(const ClassifyCommand& command) {
  const auto settings = usable_settings(command.config);
  if (!settings) return Exit::failed;
  std::string trouble;
  const auto layers = layers_of(settings->classifier, trouble);
  if (!trouble.empty()) std::cerr << "rules only: " << trouble << '\n';
  if (!command.jsonl.empty()) return classify_lines(command.jsonl, layers);
  const std::string text = command.prompt.empty() ? piped_input(8 * 1024 * 1024) : command.prompt;
  if (text.empty()) {
    std::cerr << "error: there is no prompt.  codecrucible classify \"fix this crash\"   or   --jsonl FILE\n";
    return Exit::usage;
  }
  const Prompt prompt(text);
  std::cout << classifier::to_json(classifier::classify(prompt.request, layers)) << '\n';
  return Exit::ok;
}

int explain_command(const ExplainCommand& command, const GatewayAddress& gateway) {
  std::string text = command.prompt;
  if (!complete_prompt(command.files, text)) return Exit::failed;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    std::cerr << "error: there is no prompt.  codecrucible explain \"fix this crash\"   or   git diff | "
                 "codecrucible "
                 "explain \"review\"\n";
    return Exit::usage;
  }
  HttpCall call;
  call.method = "POST";
  call.path = "/admin/explain";
  if (!command.json) call.headers["accept"] = "text/plain";
  if (!command.prefer.empty()) call.headers["x-codecrucible-prefer"] = command.prefer;
  const json body = {{"model", command.model},
                     {"messages", json::array({{{"role", "user"}, {"content", text}}})}};
  call.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto reply = call_gateway(gateway, call);
  if (!reply && reply.error().cause == core::Cause::refused) return explain_here(command, text);
  if (!reply || reply->status != 200) {
    std::cerr << "error: " << (reply ? error_text(*reply) : reply.error().detail) << '\n';
    return Exit::failed;
  }
  std::cout << reply->body << (command.json ? "\n" : "");
  return Exit::ok;
}

}  // namespace codecrucible::cli

#include "cli/history_commands.hpp"

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/history_table.hpp"
#include "cli/remote_history.hpp"
#include "cli/terminal.hpp"
#include "config/load.hpp"
#include "config/units.hpp"
#include "gateway/history_filter.hpp"
#include "gateway/state_files.hpp"
#include "history/export.hpp"
#include "history/ledger.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <iostream>

namespace codecrucible::cli {
namespace {

config::Settings settings_of(const std::string& given) {
  const auto path = config_path(given);
  const auto around = config::surroundings_of(path);
  auto loaded = path.empty()
                    ? config::load(config::Source{"built-in defaults", config::documented_defaults()}, around)
                    : config::load_file(path, around);
  if (loaded.settings) return std::move(*loaded.settings);
  std::cerr << "warning: " << path
            << " has mistakes (codecrucible config check); the default place is read\n";
  return {};
}

gateway::Parameters parameters_of(const HistoryCommand& command) {
  gateway::Parameters parameters;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) parameters.emplace_back(name, value);
  };
  add("since", command.since);
  add("until", command.until);
  add("task", command.task);
  add("model", command.model);
  add("provider", command.provider);
  add("rule", command.rule);
  add("outcome", command.outcome);
  add("variant", command.variant);
  return parameters;
}

core::Result<history::Filter> filter_of(const HistoryCommand& command) {
  auto parameters = parameters_of(command);
  if (!command.limit.empty()) parameters.emplace_back("limit", command.limit);
  auto filter = gateway::history_filter(parameters, std::chrono::system_clock::now(), 100'000'000);
  if (!filter) return filter;
  filter->oldest_first = command.oldest;
  const bool exported = command.json || command.csv;
  if (command.limit.empty()) filter->limit = exported ? 0 : 20;
  return filter;
}

// Where the records are, for a person, and who reads them.
struct Source {
  std::string place;
  std::unique_ptr<history::Reader> reader;
};

core::Result<Source> source_of(const HistoryCommand& command, const GatewayAddress& gateway) {
  Source source;
  if (command.remote && command.file.empty()) {
    source.place = gateway.url;
    source.reader = std::make_unique<RemoteHistory>(gateway, parameters_of(command));
    return source;
  }
  source.place = command.file.empty() ? gateway::history_file(settings_of(command.config)) : command.file;
  auto reader = history::open_reader(source.place);
  if (!reader) return reader.error();
  source.reader = std::move(*reader);
  return source;
}

int show(history::Reader& reader, const HistoryCommand& command) {
  const auto kept = reader.find(command.show);
  if (!kept) return said(kept.error().detail);
  std::cout << (command.json ? history::to_json(*kept) + "\n" : printable(history::to_text(*kept)));
  return Exit::ok;
}

core::Result<std::string> last_id(const GatewayAddress& gateway) {
  HttpCall call;
  call.path = "/admin/history?limit=1";
  const auto reply = call_gateway(gateway, call);
  if (!reply) return reply.error();
  const auto page = nlohmann::json::parse(reply->body, nullptr, false);
  if (reply->status != 200 || !page.is_object()) return core::fail(core::Cause::internal, error_text(*reply));
  if (page["records"].empty())
    return core::fail(core::Cause::not_found, "there is no request in the history yet");
  return page["records"][0].value("id", std::string());
}

// Without a gateway: straight into the ledger, if there is one.
int write_here(const FeedbackCommand& command, double value) {
  const auto settings = settings_of(command.config);
  const auto file = gateway::history_file(settings);
  const auto reader = history::open_reader(file);
  if (!reader) return said(reader.error().detail);
  history::Feedback feedback;
  feedback.id = command.id;
  feedback.value = value;
  feedback.label = command.label;
  feedback.comment = command.comment;
  history::LedgerHooks hooks;
  hooks.trouble = [](std::string_view what, std::string_view why) {
    std::cerr << what << ": " << why << '\n';
  };
  std::promise<core::Result<std::int64_t>> done;
  auto answer = done.get_future();
  const auto ledger = history::make_ledger(settings.history, file, 1, std::move(hooks));
  ledger->feedback(std::move(feedback),
                   [&](core::Result<std::int64_t> result) { done.set_value(std::move(result)); });
  const auto number = answer.get();
  if (!number) return said(number.error().detail);
  std::cout << "thank you: noted for request number " << *number << '\n';
  return Exit::ok;
}

}  // namespace

int history_command(const HistoryCommand& command, const GatewayAddress& gateway) {
  const auto filter = filter_of(command);
  if (!filter) return said(filter.error().detail, Exit::usage);
  const auto source = source_of(command, gateway);
  if (!source) return said(source.error().detail);
  auto& reader = *source->reader;
  if (!command.show.empty()) return show(reader, command);
  std::size_t count = 0;
  HistoryTable table(style_of(STDOUT_FILENO));
  if (command.csv) std::cout << history::csv_header();
  const auto done = reader.read(*filter, [&](const history::Kept& kept) {
    ++count;
    if (command.json) {
      std::cout << history::to_json(kept) << '\n';
    } else if (command.csv) {
      std::cout << history::to_csv(kept);
    } else {
      table.add(kept);
    }
    return static_cast<bool>(std::cout);
  });
  if (!done) return said(done.error().detail);
  if (command.json || command.csv) return Exit::ok;
  if (count == 0) {
    std::cout << "No request fits. The history is " << source->place << '\n';
    return Exit::ok;
  }
  std::cout << table.text();
  return Exit::ok;
}

int feedback_command(const FeedbackCommand& command, const GatewayAddress& gateway) {
  auto value = config::number_of(command.verdict);
  if (command.verdict == "good" || command.verdict == "up") value = 1;
  if (command.verdict == "bad" || command.verdict == "down") value = 0;
  if (!value || !(*value >= 0 && *value <= 1)) {
    std::cerr << "error: \"" << command.verdict
              << "\" is no verdict: say good, bad, or a number from 0 (bad) to 1\n";
    return Exit::usage;
  }
  nlohmann::ordered_json body = {{"request_id", command.id}, {"score", *value}};
  if (command.id == "last") {
    const auto id = last_id(gateway);
    if (!id && id.error().cause == core::Cause::refused) return write_here(command, *value);
    if (!id) return said(id.error().detail);
    body["request_id"] = *id;
  }
  if (!command.label.empty()) body["label"] = command.label;
  if (!command.comment.empty()) body["comment"] = command.comment;
  HttpCall call;
  call.method = "POST";
  call.path = "/v1/feedback";
  call.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto reply = call_gateway(gateway, call);
  if (!reply && reply.error().cause == core::Cause::refused) return write_here(command, *value);
  if (!reply) return said(reply.error().detail);
  if (reply->status != 200) return said(error_text(*reply));
  std::cout << "thank you: noted for " << body["request_id"].get<std::string>() << '\n';
  return Exit::ok;
}

void add_history_commands(CLI::App& app, HistoryCommand& history, FeedbackCommand& feedback) {
  auto* const list = app.add_subcommand("history", "what was asked, where it went, why, and how it ended");
  list->add_option("--since", history.since, "30m, 24h, 7d, or a time: 2026-11-21T10:00 (UTC)");
  list->add_option("--until", history.until, "the same forms");
  list->add_option("--task", history.task, "only this task type");
  list->add_option("-m,--model", history.model, "only answers of this model");
  list->add_option("--provider", history.provider, "only answers of this provider");
  list->add_option("--rule", history.rule, "only what this rule decided");
  list->add_option("--outcome", history.outcome, "ok, failed, or a cause: timeout, stall, client_gone, …");
  list->add_option("--variant", history.variant, "candidate, shadow …: only this side of a release");
  list->add_option("-n,--limit", history.limit, "how many (default 20; exports: all)");
  list->add_flag("--oldest", history.oldest, "oldest first");
  auto* const json = list->add_flag("--json", history.json, "one JSON object per line, with everything");
  list->add_flag("--csv", history.csv, "as CSV, with everything")->excludes(json);
  list->add_option("--file", history.file, "the ledger to read (default: where the configuration says)");
  list->add_option("-c,--config", history.config, "configuration file");
  auto* const show = list->add_subcommand("show", "everything that is known of one request");
  show->add_option("id", history.show, "request id (x-request-id), or last")->required();
  show->add_flag("--json", history.json, "as JSON");
  auto* const word = app.add_subcommand("feedback", "say how good an answer was");
  word->add_option("id", feedback.id, "request id (x-request-id of the reply), or last")->required();
  word->add_option("verdict", feedback.verdict, "good, bad, or a number from 0 to 1")->required();
  word->add_option("--comment", feedback.comment, "why");
  word->add_option("--label", feedback.label, "a word to sort by");
  word->add_option("-c,--config", feedback.config, "configuration file");
}

}  // namespace codecrucible::cli

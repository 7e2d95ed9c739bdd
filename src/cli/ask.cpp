#include "cli/ask.hpp"

#include "cli/answer_stream.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/markdown.hpp"
#include "cli/terminal.hpp"
#include "config/units.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t input_limit = 8 * 1024 * 1024;

void complain(const std::string& text) {
  const Style style = style_of(STDERR_FILENO);
  std::cerr << style.red() << "error: " << style.off() << printable(text) << '\n';
}

bool attach(const std::vector<std::string>& files, std::string& prompt) {
  for (const auto& path : files) {
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown)) {
      complain(path + " is a directory: name the files in it");
      return false;
    }
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) {
      complain("cannot read " + path);
      return false;
    }
    prompt += "\n\n<file path=\"" + path + "\">\n" + text.str() + "\n</file>";
  }
  return true;
}

struct Outcome {
  int exit = Exit::ok;
  AnswerStream stream;
  HttpReply reply;
  double seconds = 0;
  std::string trouble;  // why there is no whole answer; empty = there is
};

std::string body_of(const AskOptions& options, const json& messages) {
  json body;
  body["model"] = options.model;
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  body["messages"] = messages;
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Sends the conversation and prints the answer while it comes.
Outcome converse(const AskOptions& options, const GatewayAddress& gateway, const json& messages) {
  Outcome outcome;
  Markdown markdown(style_of(STDOUT_FILENO));
  const Style dim = style_of(STDERR_FILENO);
  bool thinking = false;
  const auto show = [&](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  if (!options.json) {
    outcome.stream.text = [&](std::string_view piece) {
      if (thinking) std::cerr << dim.off() << "\n\n";
      thinking = false;
      std::string out;
      // Raw bytes in a pipe, made safe on a terminal.
      markdown.feed(is_terminal(STDOUT_FILENO) ? printable(piece) : std::string(piece), out);
      show(out);
    };
    if (is_terminal(STDERR_FILENO) && !options.quiet) {
      outcome.stream.reasoning = [&](std::string_view piece) {
        if (!thinking) std::cerr << dim.dim();
        thinking = true;
        std::cerr << printable(piece) << std::flush;
      };
    }
  }
  HttpCall call;
  call.method = "POST";
  call.path = "/v1/chat/completions";
  call.body = body_of(options, messages);
  call.patience.reset();
  call.piece = [&](std::string_view bytes) { outcome.stream.feed(bytes); };
  call.given_up = Interrupt::given;
  const auto began = std::chrono::steady_clock::now();
  auto reply = call_gateway(gateway, call);
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (!options.json) {
    std::string out;
    markdown.end(out);
    if (!outcome.stream.answer.empty() && !outcome.stream.answer.ends_with('\n')) out += '\n';
    show(out);
  }
  if (!reply && Interrupt::given()) {
    outcome.trouble = "stopped by Ctrl-C";
    outcome.exit = Exit::interrupted;
    return outcome;
  }
  if (!reply) {
    outcome.trouble = reply.error().detail;
    const bool absent = reply.error().cause == core::Cause::refused;
    if (absent) {
      std::cerr << no_gateway_text(gateway) << '\n';
    } else {
      complain(reply.error().detail);
    }
    outcome.exit = absent ? Exit::no_gateway : Exit::failed;
    return outcome;
  }
  outcome.reply = std::move(*reply);
  if (outcome.reply.status / 100 != 2) {
    outcome.trouble = error_text(outcome.reply);
  } else if (outcome.stream.error) {
    outcome.trouble = *outcome.stream.error;
  }
  if (!outcome.trouble.empty()) {
    complain(outcome.trouble);
    outcome.exit = Exit::failed;
  }
  return outcome;
}

// "· ollama / qwen2.5:72b · debugging, complex · 3.2 s": which way it went, on stderr and only for a person.
void say_route(const Outcome& outcome) {
  if (!is_terminal(STDERR_FILENO) || outcome.reply.status / 100 != 2) return;
  const Style style = style_of(STDERR_FILENO);
  const auto& reply = outcome.reply;
  std::string line = "· " + reply.header("x-codecrucible-provider");
  if (!outcome.stream.model.empty()) line += " / " + outcome.stream.model;
  const auto task = reply.header("x-codecrucible-task");
  if (!task.empty()) line += " · " + task + ", " + reply.header("x-codecrucible-complexity");
  const auto rule = reply.header("x-codecrucible-rule");
  if (!rule.empty()) line += " · " + rule;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, " · %.1f s", outcome.seconds);
  std::cerr << style.dim() << printable(line) << seconds << style.off() << '\n';
}

void print_json(const Outcome& outcome) {
  json out;
  out["answer"] = outcome.stream.answer;
  out["model"] = outcome.stream.model;
  out["finish_reason"] = outcome.stream.finish;
  for (const char* key :
       {"provider", "task", "complexity", "confidence", "rule", "escalated", "cache", "attempts"}) {
    const auto value = outcome.reply.header(std::string("x-codecrucible-") + key);
    if (!value.empty()) out[key] = value;
  }
  if (const auto own = config::number_of(outcome.reply.header("x-codecrucible-overhead-ms")))
    out["overhead_ms"] = *own;
  out["request_id"] = outcome.reply.header("x-request-id");
  if (!outcome.stream.usage.empty()) out["usage"] = json::parse(outcome.stream.usage, nullptr, false);
  out["seconds"] = outcome.seconds;
  if (!outcome.trouble.empty()) out["error"] = outcome.trouble;
  std::cout << out.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

void tell(const AskOptions& options, const Outcome& outcome) {
  if (options.json) {
    print_json(outcome);
  } else if (!options.quiet) {
    say_route(outcome);
  }
}

json opening(const AskOptions& options) {
  json messages = json::array();
  if (!options.system.empty()) messages.push_back({{"role", "system"}, {"content", options.system}});
  return messages;
}

}  // namespace

bool complete_prompt(const std::vector<std::string>& files, std::string& prompt) {
  const std::string input = piped_input(input_limit + 1);
  if (input.size() > input_limit) {
    complain("standard input is longer than " + std::to_string(input_limit >> 20U) +
             " MiB, more than any model reads: give less of it");
    return false;
  }
  if (!input.empty()) prompt += (prompt.empty() ? "" : "\n\n") + input;
  return attach(files, prompt);
}

int ask(const AskOptions& options, const GatewayAddress& gateway) {
  std::string prompt = options.prompt;
  if (!complete_prompt(options.files, prompt)) return Exit::failed;
  if (prompt.find_first_not_of(" \t\r\n") == std::string::npos) {
    complain(
        "there is no prompt.  Try:  codecrucible \"explain this error: …\"   or   git diff | codecrucible "
        "\"review\"");
    return Exit::usage;
  }
  json messages = opening(options);
  messages.push_back({{"role", "user"}, {"content", prompt}});
  const Interrupt interrupt(Interrupt::Means::leave);
  const Outcome outcome = converse(options, gateway, messages);
  tell(options, outcome);
  return outcome.exit;
}

int chat(const AskOptions& options, const GatewayAddress& gateway) {
  const Style style = style_of(STDOUT_FILENO);
  const bool person = is_terminal(STDIN_FILENO);
  json messages = opening(options);
  std::string line = options.prompt;
  auto files = options.files;
  if (person)
    std::cout << style.dim() << "Ctrl-C stops an answer; an empty line or Ctrl-D ends the conversation."
              << style.off() << '\n';
  while (true) {
    if (line.empty()) {
      if (person) std::cout << style.bold() << "> " << style.off() << std::flush;
      if (!std::getline(std::cin, line) || line.empty()) return Exit::ok;
    }
    if (!attach(std::exchange(files, {}), line)) return Exit::failed;
    messages.push_back({{"role", "user"}, {"content", line}});
    const Interrupt interrupt(person ? Interrupt::Means::go_on : Interrupt::Means::leave);
    const Outcome outcome = converse(options, gateway, messages);
    if (outcome.exit == Exit::no_gateway) return outcome.exit;
    tell(options, outcome);
    const bool begun = outcome.exit == Exit::interrupted && !outcome.stream.answer.empty();
    if (outcome.exit == Exit::ok || begun) {
      messages.push_back({{"role", "assistant"}, {"content", outcome.stream.answer}});
    } else {
      messages.erase(messages.size() - 1);  // the question may be asked again
      if (!person) return outcome.exit;
    }
    line.clear();
  }
}

}  // namespace codecrucible::cli

#pragma once

#include "cli/http_client.hpp"

#include <string>
#include <vector>

namespace codecrucible::cli {

// One question, one streamed answer.
struct AskOptions {
  std::string prompt;
  std::string model = "auto";  // --fast: auto-fast, --quality: auto-quality, --model: anything
  std::string system;
  std::vector<std::string> files;  // attached, each tagged with its path
  bool json = false;               // one JSON object on stdout when done, nothing else
  bool quiet = false;              // no line about the route
};
int ask(const AskOptions& options, const GatewayAddress& gateway);

// The prompt with what is piped in, and with files as the classifier and the models know attachments: tagged
// with their path. False, after a word on standard error, if one cannot be read or it is too much.
bool complete_prompt(const std::vector<std::string>& files, std::string& prompt);

// A conversation on the terminal; empty line or Ctrl-D ends it, Ctrl-C an answer. Files join the first turn.
int chat(const AskOptions& options, const GatewayAddress& gateway);

}  // namespace codecrucible::cli

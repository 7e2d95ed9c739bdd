#pragma once

#include "classifier/classify.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace codecrucible::classifier {

// Layer 3 without its I/O. The gateway asks `needs_judge`, looks `judge_cache_key` up in its own cache, sends
// `judge_question` to a small model within JudgeSettings::timeout, reads the answer with `read_judgement` and
// folds it in by `with_judgement`. Any failure on the way: keep the verdict as it was.

// True if the judge is enabled and the verdict's layers disagree or the winner is below the threshold.
bool needs_judge(const Verdict& verdict, const Settings& settings) noexcept;

// Stable over processes: same last message and same number of files, same key.
std::uint64_t judge_cache_key(const core::ChatRequest& request) noexcept;

// What to send: temperature 0, the schema as response format (Ollama `format`, OpenAI `json_schema`).
struct JudgeQuestion {
  std::string system;
  std::string user;         // at most 4 KB of the request: head and tail of the last user message
  std::string_view schema;  // JSON schema of the answer, static
  int max_tokens = 40;
};
JudgeQuestion judge_question(const core::ChatRequest& request);

struct Judgement {
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
};

// Reads the judge's answer strictly: exactly the schema's object, nothing else.
core::Result<Judgement> read_judgement(std::string_view answer);

// The verdict with the judge's vote weighed in (it breaks ties, it does not overrule agreement).
Verdict with_judgement(Verdict verdict, const Judgement& judgement);

}  // namespace codecrucible::classifier

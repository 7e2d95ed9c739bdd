#pragma once

#include "gateway/chat_job.hpp"
#include "gateway/judge_memory.hpp"

namespace codecrucible::gateway {

// The classifier's third layer: a small model that is asked what kind of work a request is, when rules and
// trained model disagree or are unsure. Only a model that is in memory is asked, so that no load and no
// eviction is ever caused by it; whatever goes wrong, the verdict stays as it was.

// True if this request is to be judged: cheap, and false at once while the judge is off.
bool wants_judge(const ChatJob& job);

// Asks, or remembers an earlier answer, within classifier.judge.timeout; then decides anew with what it said.
net::task<core::Result<void>> consult_judge(ChatJob& job);

// For explanations, which send nothing to a model: weighs in what the judge said of the same request before,
// or notes that it would be asked.
void recall_judge(const core::ChatRequest& request, const Snapshot& snapshot, JudgeMemory& memory,
                  classifier::Verdict& verdict);

}  // namespace codecrucible::gateway

#include "history/columns.hpp"
#include "history/export.hpp"
#include "history/pseudonym.hpp"

#include <cstdio>

namespace codecrucible::history {
namespace {

std::string seconds_text(core::Duration span) {
  const double ms = std::chrono::duration<double, std::milli>(span).count();
  char text[32];
  if (ms < 1) {
    std::snprintf(text, sizeof text, "%.0f us", ms * 1000);
  } else if (ms < 1000) {
    std::snprintf(text, sizeof text, "%.1f ms", ms);
  } else {
    std::snprintf(text, sizeof text, "%.2f s", ms / 1000);
  }
  return text;
}

std::string decimal(double value, int digits = 2) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// Lines of "name  value", the values in one column.
class Story {
 public:
  void head(const std::string& title) { out_ += "\n" + title + "\n"; }
  void line(std::string name, const std::string& value) {
    if (value.empty()) return;
    if (name.size() < 16) name.resize(16, ' ');
    out_ += "  " + name + " " + value + "\n";
  }
  std::string text() && { return std::move(out_); }
  void begin(const std::string& text) { out_ = text + "\n"; }

 private:
  std::string out_;
};

std::string needs_of(const Features& f) {
  std::string out;
  const auto add = [&](bool has, const char* word) {
    if (has) out += (out.empty() ? "" : ", ") + std::string(word);
  };
  add(f.stream, "streamed");
  add(f.tools, "tools");
  add(f.vision, "images");
  add(f.structured, "structured");
  add(f.thinking, "thinking");
  add(f.completion, "completion");
  add(f.insert, "fill-in");
  add(f.local_only, "local only");
  add(f.tool_loop, "in a tool loop");
  add(f.running, "in a conversation");
  return out;
}

void tell_decision(Story& story, const Record& record) {
  story.head("Decision");
  story.line("rule", record.rule);
  story.line("tier", record.tier);
  story.line("reason", record.reason);
  story.line("propensity", decimal(record.propensity, 3) + (record.explored ? " (explored)" : ""));
  int rank = 0;
  for (const auto& one : record.ranked) {
    story.line(std::to_string(++rank) + ". candidate",
               one.model + " on " + one.host + ": utility " + decimal(one.utility) + ", quality " +
                   decimal(one.quality) + ", " + decimal(one.seconds, 1) + " s expected");
  }
  story.line("versions", "config " + std::to_string(record.config_version) + ", policy " +
                             std::to_string(record.policy_version) +
                             (record.variant.empty() ? "" : ", " + record.variant));
}

void tell_attempts(Story& story, const Record& record) {
  story.head("What happened");
  int number = 0;
  for (const auto& one : record.attempts) {
    std::string text = one.model + " on " + one.host + ": began after " + seconds_text(one.began);
    if (one.first != core::Duration{}) text += ", first token after " + seconds_text(one.first);
    text += ", ended after " + seconds_text(one.ended);
    if (one.load != core::Duration{}) text += ", load " + seconds_text(one.load);
    if (one.completion_tokens >= 0) text += ", " + std::to_string(one.completion_tokens) + " tokens";
    if (one.confidence >= 0) text += ", confidence " + decimal(one.confidence);
    if (!one.verdict.empty()) text += ", " + one.verdict;
    if (one.failure) text += ", failed: " + std::string(core::label(*one.failure));
    story.line(std::to_string(++number) + ". attempt", text);
  }
  if (record.source != Source::backend) story.line("answered from", std::string(name(record.source)));
  story.line("outcome", std::string(outcome_of(record)) + " (HTTP " + std::to_string(record.status) + ")" +
                            (record.escalated ? ", escalated" : ""));
  if (record.failure == core::Cause::client_gone) {
    story.line("client left", "after " + std::to_string(record.events) + " events");
  }
  if (record.finish) story.line("finish", std::string(name(*record.finish)));
  if (record.completion_tokens >= 0) {
    story.line("tokens",
               std::to_string(record.prompt_tokens) + " in, " + std::to_string(record.completion_tokens) +
                   " out" +
                   (record.cached_tokens > 0 ? ", " + std::to_string(record.cached_tokens) + " cached" : ""));
  }
  if (record.confidence >= 0) story.line("confidence", decimal(record.confidence));
  story.line("time", seconds_text(record.duration) + " in all, " + seconds_text(record.backends) +
                         " on backends, " + seconds_text(record.queued) + " queued, " +
                         seconds_text(record.overhead) + " in the gateway");
}

void tell_signals(Story& story, const std::vector<Signal>& signals) {
  story.head("What was said about the answer");
  if (signals.empty()) story.line("nothing", "codecrucible feedback ID good|bad");
  for (const auto& one : signals) {
    std::string text =
        "value " + decimal(one.value) + ", weight " + decimal(one.weight) + ", " + iso_time(one.at);
    if (!one.model.empty()) text += ", about " + one.model;
    if (!one.label.empty()) text += ", " + one.label;
    if (!one.comment.empty()) text += ": " + one.comment;
    story.line(std::string(name(one.kind)), text);
  }
  if (const auto mean = reward(signals)) story.line("reward", decimal(*mean, 3));
}

}  // namespace

std::string to_text(const Kept& kept) {
  const auto& record = kept.record;
  const auto& f = record.features;
  Story story;
  story.begin("request " + record.id + "  (number " + std::to_string(kept.number) + ")");
  story.line("at", iso_time(record.at));
  if (record.simulated) story.line("SIMULATION", "the built-in simulators answered");
  story.line("surface", record.surface);
  story.line("model asked", f.model_asked.empty() ? "auto" : f.model_asked);
  story.line("user", hex_of(record.user));
  story.line("conversation", hex_of(record.conversation));
  if (f.classified) {
    story.line("task", std::string(core::name(f.task)) + ", " + std::string(core::name(f.complexity)) +
                           " (score " + decimal(f.score, 1) + ", sure " + decimal(f.confidence) + ")");
  } else {
    story.line("task", "not classified: a model was named");
  }
  story.line("size", std::to_string(f.prompt_tokens) + " tokens estimated, " + std::to_string(f.messages) +
                         " messages, " + std::to_string(f.context_files) + " files");
  story.line("needs", needs_of(f));
  story.line("keywords", f.keywords);
  tell_decision(story, record);
  tell_attempts(story, record);
  tell_signals(story, kept.signals);
  if (!record.prompt_hash.empty() || !record.prompt.empty()) story.head("Content");
  story.line("prompt hash", record.prompt_hash);
  story.line("answer hash", record.answer_hash);
  if (!record.prompt.empty()) story.line("prompt", record.prompt);
  if (!record.answer.empty()) story.line("answer", record.answer);
  return std::move(story).text();
}

}  // namespace codecrucible::history

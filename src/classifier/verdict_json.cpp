#include "classifier/verdict_json.hpp"

#include "core/json_text.hpp"

#include <cmath>

namespace codecrucible::classifier {
namespace {

// Three digits are all a person or a script needs of a probability.
void append_rounded(std::string& out, float value) {
  core::append_double(out, static_cast<double>(std::lround(value * 1000)) / 1000);
}

void append_list(std::string& out, const std::vector<std::string_view>& items) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ',';
    core::append_string(out, items[i]);
  }
  out += ']';
}

void append_vote(std::string& out, const Vote& vote) {
  out += "{\"layer\":";
  core::append_string(out, name(vote.layer));
  out += ",\"type\":";
  core::append_string(out, core::name(vote.type));
  out += ",\"complexity\":";
  core::append_string(out, core::name(vote.complexity));
  out += ",\"confidence\":";
  append_rounded(out, vote.confidence);
  out += '}';
}

}  // namespace

std::string to_json(const Verdict& verdict) {
  std::string out = "{\"type\":";
  core::append_string(out, core::name(verdict.type));
  out += ",\"complexity\":";
  core::append_string(out, core::name(verdict.complexity));
  out += ",\"score\":";
  append_rounded(out, verdict.score);
  out += ",\"confidence\":";
  append_rounded(out, verdict.confidence);
  out += ",\"decided_by\":";
  core::append_string(out, name(verdict.decided_by));
  out += ",\"prompt_tokens\":";
  core::append_number(out, verdict.prompt_tokens);
  out += ",\"context_files\":";
  core::append_number(out, verdict.context_files);
  out += ",\"needs\":[";
  bool any = false;
  const auto need = [&out, &any](bool wanted, std::string_view what) {
    if (!wanted) return;
    if (any) out += ',';
    core::append_string(out, what);
    any = true;
  };
  need(verdict.needs.tools, "tools");
  need(verdict.needs.vision, "vision");
  need(verdict.needs.structured, "structured");
  need(verdict.needs.code, "code");
  need(verdict.needs.long_context, "long_context");
  out += "],\"type_scores\":{";
  for (std::size_t i = 0; i < core::task_type_count; ++i) {
    if (i > 0) out += ',';
    core::append_string(out, core::name(static_cast<core::TaskType>(i)));
    out += ':';
    append_rounded(out, verdict.type_scores[i]);
  }
  out += "},\"signals\":";
  append_list(out, verdict.signals);
  out += ",\"keywords\":";
  append_list(out, verdict.keywords);
  out += ",\"votes\":[";
  for (std::size_t i = 0; i < verdict.votes.size(); ++i) {
    if (i > 0) out += ',';
    append_vote(out, verdict.votes[i]);
  }
  out += "]}";
  return out;
}

}  // namespace codecrucible::classifier

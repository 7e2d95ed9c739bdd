#include "router/explanation.hpp"
#include "router/layer_word.hpp"

#include <algorithm>
#include <cstdio>

namespace codecrucible::router {
namespace {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string seconds(double value) {
  return fixed(value, value < 10 ? 1 : 0) + " s";
}

void line(std::string& out, std::string_view label, std::string_view value) {
  out.append("  ")
      .append(label)
      .append(label.size() < 22 ? 22 - label.size() : 1, ' ')
      .append(value)
      .append("\n");
}

// Facts that say nothing ("", 0, false, []) would only hide the others.
bool says_something(const std::string& value) {
  return value != "''" && value != "0" && value != "false" && value != "[]";
}

void write_candidate(std::string& out, const Explanation::Row& row) {
  const std::string who = row.provider + "/" + row.model;
  if (!row.passed) {
    out += "   -  " + who + ": shut out by " + row.gate + " (" + row.reason + ")\n";
    return;
  }
  const Terms& t = row.terms;
  out += std::string(row.rank < 10 ? "   " : "  ") + std::to_string(row.rank) + ". " + who + "  utility " +
         fixed(t.utility, 3) + " = quality " + fixed(t.quality, 3) + " - time " + fixed(t.time_price, 3) +
         "  [" + row.why + "]\n";
  out += "      ";
  if (t.parameters_billion > 0) out += fixed(t.parameters_billion, 1) + "B, ";
  out += "prior " + fixed(t.prior, 3);
  if (t.learned_weight > 0) out += ", seen " + fixed(t.learned, 3) + " in " + fixed(t.learned_weight, 0);
  out += "; wait " + seconds(t.wait) + ", load " + seconds(t.load) + ", prefill " + seconds(t.prefill) +
         ", answer " + seconds(t.decode);
  if (row.propensity > 0 && row.propensity < 1)
    out += "; chosen with probability " + fixed(row.propensity, 3);
  out += "\n";
}

}  // namespace

std::string to_text(const Explanation& e) {
  const Decision& decision = e.decision;
  std::string out;
  if (decision.ranked.empty()) {
    out += "Refused (" + std::string(core::label(decision.refusal.cause)) + "): " + decision.refusal.detail +
           "\n";
  } else {
    out += "Goes to " + e.provider + "/" + e.model + "\n  because " + decision.reason + "\n";
    out += "  confidence " + fixed(decision.confidence, 2) + ", escalates below " +
           fixed(decision.escalation_threshold, 2) +
           (decision.threshold_learned ? " (learned for this kind of task)" : "") + "\n";
    if (decision.rule_shortfall >= 0.005) {
      out += "  what this rule chose proved good less often than it says, by " +
             fixed(decision.rule_shortfall, 2) + ": its answers are watched more closely\n";
    }
  }
  out += "\nRequest\n";
  line(out, "asked for", e.model_asked + " (" + e.resolved + ")");
  for (const auto& fact : e.facts) {
    if (says_something(fact.value)) line(out, fact.name, fact.value);
  }
  if (!e.votes.empty()) out += "\nClassifier\n";
  for (const auto& vote : e.votes) {
    line(out, layer_word(vote.layer),
         std::string(core::name(vote.type)) + ", " + std::string(core::name(vote.complexity)) +
             ", confidence " + fixed(static_cast<double>(vote.confidence), 2));
  }
  std::string signals;
  for (const auto& signal : e.signals) signals += (signals.empty() ? "" : ", ") + signal;
  if (!signals.empty()) line(out, "signals", signals);

  out += e.rules.empty() ? "\nRules: none\n" : "\nRules (first that applies and is true speaks)\n";
  for (const auto& rule : e.rules) {
    out += std::string(rule.spoke ? "  * " : "    ") + (rule.truth ? "true   " : "false  ") + rule.condition +
           "  -> " + rule.note + "  [" + rule.name + "]\n";
  }
  out += e.candidates.empty() ? "\nCandidates: none\n" : "\nCandidates\n";
  for (const auto& row : e.candidates) write_candidate(out, row);
  return out;
}

}  // namespace codecrucible::router

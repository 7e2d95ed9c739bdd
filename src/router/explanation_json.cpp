#include "core/json_text.hpp"
#include "router/explanation.hpp"
#include "router/layer_word.hpp"

namespace codecrucible::router {
namespace {

// Writes members of one object; knows nothing but commas.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    comma();
    core::append_string(out_, name);
    out_ += ':';
    first_ = true;  // no comma before the value
  }
  void text(std::string_view value) {
    comma();
    core::append_string(out_, value);
  }
  void number(double value) {
    comma();
    core::append_double(out_, value);
  }
  void truth(bool value) {
    comma();
    out_ += value ? "true" : "false";
  }
  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, double value) {
    key(name);
    number(value);
  }
  void flag(std::string_view name, bool value) {
    key(name);
    truth(value);
  }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string& out_;
  bool first_ = true;
};

void write_classification(Writer& json, const Explanation& e) {
  json.key("votes");
  json.open('[');
  for (const auto& vote : e.votes) {
    json.open('{');
    json.member("layer", layer_word(vote.layer));
    json.member("type", core::name(vote.type));
    json.member("complexity", core::name(vote.complexity));
    json.member("confidence", static_cast<double>(vote.confidence));
    json.close('}');
  }
  json.close(']');
  json.key("signals");
  json.open('[');
  for (const auto& signal : e.signals) json.text(signal);
  json.close(']');
}

void write_terms(Writer& json, const Terms& terms) {
  json.key("terms");
  json.open('{');
  json.member("parameters_billion", terms.parameters_billion);
  json.member("prior", terms.prior);
  json.member("learned", terms.learned);
  json.member("learned_weight", terms.learned_weight);
  json.member("doubt", terms.doubt);
  json.member("quality", terms.quality);
  json.member("wait_seconds", terms.wait);
  json.member("load_seconds", terms.load);
  json.member("prefill_seconds", terms.prefill);
  json.member("decode_seconds", terms.decode);
  json.member("time_price", terms.time_price);
  json.member("utility", terms.utility);
  json.close('}');
}

void write_candidates(Writer& json, const Explanation& e) {
  json.key("candidates");
  json.open('[');
  for (const auto& row : e.candidates) {
    json.open('{');
    json.member("provider", row.provider);
    json.member("model", row.model);
    json.flag("passed", row.passed);
    if (row.passed) {
      json.member("rank", static_cast<double>(row.rank));
      json.member("why", row.why);
      json.member("propensity", row.propensity);
      write_terms(json, row.terms);
    } else {
      json.member("gate", row.gate);
      json.member("reason", row.reason);
    }
    json.close('}');
  }
  json.close(']');
}

void write_rules(Writer& json, const Explanation& e) {
  json.key("rules");
  json.open('[');
  for (const auto& rule : e.rules) {
    json.open('{');
    json.member("name", rule.name);
    json.member("condition", rule.condition);
    json.flag("applies", rule.applies);
    json.flag("truth", rule.truth);
    json.flag("spoke", rule.spoke);
    json.member("note", rule.note);
    json.close('}');
  }
  json.close(']');
}

void write_decision(Writer& json, const Explanation& e) {
  const Decision& decision = e.decision;
  json.key("decision");
  json.open('{');
  if (decision.ranked.empty()) {
    json.key("refusal");
    json.open('{');
    json.member("cause", core::label(decision.refusal.cause));
    json.member("detail", decision.refusal.detail);
    json.member("param", decision.refusal.param);
    json.close('}');
  } else {
    json.member("provider", e.provider);
    json.member("model", e.model);
    json.member("seconds_first", decision.ranked.front().seconds_first);
    json.member("seconds", decision.ranked.front().seconds);
  }
  json.member("rule", decision.rule);
  json.member("tier", decision.tier);
  json.member("reason", decision.reason);
  json.member("confidence", decision.confidence);
  json.member("escalation_threshold", decision.escalation_threshold);
  json.flag("threshold_learned", decision.threshold_learned);
  json.member("rule_shortfall", decision.rule_shortfall);
  json.member("propensity", decision.propensity);
  json.flag("explored", decision.explored);
  json.flag("stuck", decision.stuck);
  json.flag("concrete", decision.concrete);
  json.close('}');
}

}  // namespace

std::string to_json(const Explanation& e) {
  std::string out;
  out.reserve(8192);
  Writer json(out);
  json.open('{');
  json.member("model_asked", e.model_asked);
  json.member("resolved", e.resolved);
  json.key("facts");
  json.open('{');
  for (const auto& fact : e.facts) json.member(fact.name, fact.value);
  json.close('}');
  write_classification(json, e);
  write_rules(json, e);
  write_candidates(json, e);
  write_decision(json, e);
  json.close('}');
  return out;
}

}  // namespace codecrucible::router

#pragma once

#include "classifier/verdict.hpp"
#include "router/decision.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::router {

// What one candidate's utility is made of. Times in seconds.
struct Terms {
  double prior = 0;               // quality expected from size and overrides
  double learned = 0;             // quality seen
  double learned_weight = 0;      // observations behind it; 0 = none
  double doubt = 0;               // deviation of what was learned of this model
  double quality = 0;             // both together
  double parameters_billion = 0;  // 0 = unknown
  double wait = 0, load = 0, prefill = 0, decode = 0;
  double time_price = 0;
  double utility = 0;  // quality - time_price
};

// Why a request goes where it goes, for `explain`, the admin page and tests. Owns all its text.
struct Explanation {
  struct Fact {
    std::string name, value;  // variables of the condition language with their values
  };
  struct RuleTruth {
    std::string name, condition;
    bool applies = true;  // enabled, meant for this user and kind of request
    bool truth = false;   // of the condition
    bool spoke = false;   // the first that applied and was true
    std::string note;     // what it does, or why it does not apply
  };
  struct Row {
    std::string provider, model;
    std::size_t index = 0;  // into FleetView::models
    bool passed = false;
    std::string gate, reason;  // if not passed
    std::size_t rank = 0;      // 1 = the pick; 0 = not ranked
    std::string why;
    double propensity = 0;  // of being the first
    Terms terms;
  };
  std::string model_asked, resolved;  // "gpt-4o", "auto (alias)"
  std::vector<Fact> facts;
  std::vector<classifier::Vote> votes;
  std::vector<std::string> signals;
  std::vector<RuleTruth> rules;
  std::vector<Row> candidates;
  std::string provider, model;  // the pick; empty if refused
  Decision decision;
};

std::string to_json(const Explanation& explanation);
std::string to_text(const Explanation& explanation);

}  // namespace codecrucible::router

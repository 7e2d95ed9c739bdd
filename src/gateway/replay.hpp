#pragma once

#include "history/record.hpp"
#include "router/router.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace codecrucible::gateway {

// What routing knew about a remembered request. Header values and the user's name are not remembered:
// conditions that read them see nothing. `verdict` and `record` outlive the facts.
router::Facts facts_of(const history::Record& record, classifier::Verdict& verdict);

// What another configuration would have done with remembered requests, on the fleet as it is now. Nothing is
// explored. Expected quality and time of both ways come from the same estimate, so that they can be compared;
// the estimate that was recorded stands in for a model that is no longer there. Pure.
class WhatIf {
 public:
  WhatIf(router::Policy policy, core::FleetViewPtr fleet)
      : policy_(std::move(policy)), fleet_(std::move(fleet)) {}

  void add(const history::Record& record);

  // Requests that go from one model to another.
  struct Shift {
    std::size_t count = 0;
    double quality = 0, seconds = 0;  // sums of the differences: after − before
    std::string rule;                 // that sends them there (of the first one)
    std::string example;              // request id
  };
  struct Sums {
    std::size_t decided = 0, same = 0, elsewhere = 0, refused = 0;
    std::size_t skipped = 0;   // without a decision then: broken or refused requests
    std::size_t compared = 0;  // both ways have estimates
    double quality_before = 0, quality_after = 0, seconds_before = 0, seconds_after = 0;  // over the compared
    std::map<std::pair<std::string, std::string>, Shift> shifts;  // "model @ host" both
    std::map<std::string, std::size_t> rules;
    std::map<std::string, std::size_t> refusals;  // why, shortened
  };
  const Sums& sums() const noexcept { return sums_; }

 private:
  router::Policy policy_;
  core::FleetViewPtr fleet_;
  Sums sums_;
};

std::string to_text(const WhatIf::Sums& sums);
std::string to_json(const WhatIf::Sums& sums);

}  // namespace codecrucible::gateway

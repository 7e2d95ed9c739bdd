#include "config/draft.hpp"

namespace codecrucible::config {
namespace {

RuleDraft rule(std::string condition, std::string tier, double confidence, std::string description) {
  RuleDraft made;
  made.condition = std::move(condition);
  made.tier = std::move(tier);
  made.confidence = confidence;
  made.description = std::move(description);
  return made;
}

}  // namespace

// Tiers rather than providers: the rules also hold where only one of the two is there. What no rule speaks
// for goes to the best utility.
std::vector<RuleDraft> default_rules() {
  return {
      rule("complexity == 'complex'", "quality", 0.95, "Complex tasks need the stronger models"),
      rule("keywords.contains('security') || (keywords.contains('intricate') && !(taskType == 'general' && "
           "complexity == 'simple')) || (keywords.contains('hard') && !(taskType in ['edit', 'format'] "
           "&& "
           "complexity == 'simple')) || (complexity != 'simple' && "
           "(keywords.contains('performance') || keywords.contains('architecture')))",
           "quality", 0.9,
           "Security, concurrency, performance, architecture: where small models are wrong without showing "
           "it"),
      rule("taskType == 'template'", "fast", 0.9, "Templates are fast tasks that small models do well"),
      rule("taskType == 'format'", "fast", 0.9, "Formatting is mechanical"),
      rule("taskType == 'edit' && complexity == 'simple'", "fast", 0.85,
           "Small edits are done well by small models"),
      rule("taskType in ['analysis', 'planning', 'debugging', 'multi-file'] && complexity != 'simple'",
           "quality", 0.85, "Thinking tasks gain from the stronger models"),
      rule("complexity == 'simple'", "fast", 0.8, "What is simple should be fast"),
  };
}

}  // namespace codecrucible::config

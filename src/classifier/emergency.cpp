#include "classifier/emergency.hpp"

namespace codecrucible::classifier {

Vote emergency_vote(const Focus& focus) noexcept {
  Vote vote;
  vote.layer = Layer::emergency;
  vote.confidence = 0.2F;
  // Too dear beats too cheap when nothing is known: a long prompt is not called simple.
  if (focus.total_bytes > 6000) {
    vote.complexity = core::Complexity::complex;
  } else if (focus.text.size() > 400) {
    vote.complexity = core::Complexity::medium;
  }
  vote.type =
      focus.text.find("```") != std::string_view::npos ? core::TaskType::edit : core::TaskType::general;
  return vote;
}

}  // namespace codecrucible::classifier

#pragma once

#include "confidence/hold.hpp"
#include "core/arena.hpp"
#include "gateway/listener.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// Reads the beginning of an attempt's answer while the attempt keeps its bytes back. It hears the answer in
// place of the job's listeners; these are told all of it once the client is to see it, and never hear of an
// answer that is given up.
class HoldBack final : public AnswerListener {
 public:
  struct Plan {
    confidence::Facts facts;
    confidence::Settings settings;
    confidence::Terms terms;
    std::shared_ptr<const confidence::Model> model;
    bool logprobs = true;        // the backend shall be asked for log-probabilities
    bool second = false;         // one more small answer is to be drawn, to compare with
    bool show_logprobs = false;  // the client asked for them: listeners hear them
  };
  HoldBack(Plan plan, const std::vector<AnswerListener*>& listeners);

  void hear(const core::Event& event) override;

  // Whoever tells this its events.
  std::span<AnswerListener* const> ears() const { return ears_; }
  bool holding() const { return held_.has_value(); }
  bool wants_second() const { return second_; }
  // Log-probabilities would help to judge.
  bool wants_logprobs() const { return logprobs_; }

  // What to do now; as Held.
  confidence::Step tick(core::Time now);
  confidence::Step compare(std::string_view second);
  core::Time until() const;
  core::Time look_at() const;
  // There is doubt, though no verdict yet.
  bool doubtful() const { return held_ && held_->doubtful(); }
  bool ended() const { return held_ && held_->evidence().ended(); }
  const confidence::Judgement& judgement() const { return held_->judgement(); }
  const confidence::Evidence& evidence() const { return held_->evidence(); }
  // Tool calls whose arguments were repaired.
  int repaired() const;
  // The events so far with repaired arguments. Views live as long as this.
  core::Events mended() const;

  // The client sees the answer: listeners are told, and from now on as it comes.
  void release();

 private:
  void keep(const core::Event& event);
  void pass_on(const core::Event& event);

  std::optional<confidence::Held> held_;
  confidence::Step step_ = confidence::Step::hold;
  bool second_, logprobs_, show_logprobs_, logs_;
  const std::vector<AnswerListener*>& listeners_;
  std::array<AnswerListener*, 1> ears_;
  core::Arena memory_;
  core::Events log_;
};

}  // namespace codecrucible::gateway

#pragma once

#include "gateway/chat_job.hpp"

#include <memory>
#include <optional>
#include <string>

namespace codecrucible::gateway {

// One more answer of a small model to the same request, drawn beside the one that is held, to compare with
// (docs/confidence.md). Nobody sees it. Ends with this object, whatever it is doing.
class SecondOpinion {
 public:
  // Begins to draw; null if nobody suitable is free at once or the share of such answers is used up.
  // `position` is whose answer is judged: another model of no more quality is asked rather than itself.
  static std::unique_ptr<SecondOpinion> draw(ChatJob& job, std::size_t position);
  ~SecondOpinion() { cancel(); }
  SecondOpinion(const SecondOpinion&) = delete;
  SecondOpinion& operator=(const SecondOpinion&) = delete;

  // Its text as soon as it is there, at latest at `until`; none if it is not, failed or was cancelled.
  net::task<std::optional<std::string>> text(core::Time until);
  // Wakes who waits, too.
  void cancel();

 private:
  struct Drawing;
  SecondOpinion(ChatJob& job, std::shared_ptr<Drawing> drawing) : job_(job), drawing_(std::move(drawing)) {}
  static net::task<> run(std::shared_ptr<Drawing> drawing);

  ChatJob& job_;
  std::shared_ptr<Drawing> drawing_;  // outlives this while its call unwinds
};

}  // namespace codecrucible::gateway

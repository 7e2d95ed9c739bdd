#pragma once

#include "confidence/evidence.hpp"
#include "gateway/chat_job.hpp"
#include "gateway/listener.hpp"

#include <memory>
#include <string>

namespace codecrucible::gateway {

// While a policy is released as a shadow: a copy of a request goes to the model that this policy would have
// chosen, after the client has its answer and without the client seeing anything of it. Both answers are
// judged alike, both are remembered ("shadowed" and "shadow"). Only requests that nobody chose a model for,
// that begin a conversation and bring no tools; never with `x-codecrucible-explore: no`. A copy waits for
// nobody and loads nothing: without a free slot it is not sent.
class Shadow final : public AnswerListener {
 public:
  // Whether this request is to be sent twice; null if not. Call once it is decided.
  static std::unique_ptr<Shadow> draw(ChatJob& job);

  // The client's answer, to be judged too.
  void begin() override;
  void hear(const core::Event& event) override;

  // The client has its answer: it is judged, and the copy begins its way if it may.
  void dispatch();

 private:
  struct Copy;
  // One of the copies that may be under way at once.
  class Seat {
   public:
    explicit Seat(std::uint32_t& taken) noexcept : taken_(taken) { ++taken_; }
    ~Seat() { --taken_; }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    std::uint32_t& taken_;
  };

  Shadow(ChatJob& job, router::Decision decision);
  static net::task<> run(std::shared_ptr<Copy> copy);

  ChatJob& job_;
  router::Decision decision_;  // of the policy under release
  std::unique_ptr<Seat> seat_;
  confidence::Facts facts_;
  std::unique_ptr<confidence::Evidence> evidence_;
};

}  // namespace codecrucible::gateway

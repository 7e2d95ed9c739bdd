#pragma once

#include "cache/turns.hpp"
#include "gateway/listener.hpp"
#include "wire/responses/client.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// What one request to /v1/responses recalls of earlier ones, and what it leaves for later ones. Lives in the
// request's job.
class Recollection final : public wire::responses::Recall, public AnswerListener {
 public:
  Recollection(cache::Turns& turns, const cache::TurnSettings& limits, std::string owner,
               const wire::ReplyContext& context)
      : turns_(turns), limits_(limits), owner_(std::move(owner)), context_(context) {}

  bool conversation(std::string_view id, std::vector<std::string_view>& arrays) override;
  std::string_view item(std::string_view id) override;

  void begin() override;
  void hear(const core::Event& event) override;
  // Keeps the turn; before the client reads the end, so that its next request finds it on any worker.
  void end() override;

  wire::responses::Asked asked;

 private:
  cache::Turns& turns_;
  const cache::TurnSettings& limits_;
  const std::string owner_;
  const wire::ReplyContext& context_;
  cache::TurnPtr previous_;
  std::vector<cache::TurnPtr> held_;  // what views point into
  std::unique_ptr<wire::WholeEncoder> answer_;
};

}  // namespace codecrucible::gateway

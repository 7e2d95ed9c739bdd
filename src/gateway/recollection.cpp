#include "gateway/recollection.hpp"

#include "gateway/clock.hpp"

#include <algorithm>

namespace codecrucible::gateway {
bool Recollection::conversation(std::string_view id, std::vector<std::string_view>& arrays) {
  previous_ = turns_.find(id, owner_, clock_now());
  if (!previous_) return false;
  for (const auto* turn = previous_.get(); turn != nullptr; turn = turn->before.get()) {
    arrays.push_back(wire::responses::output_of(turn->response));
    arrays.emplace_back(turn->input);
  }
  std::reverse(arrays.begin(), arrays.end());
  return true;
}

std::string_view Recollection::item(std::string_view id) {
  auto turn = turns_.find(wire::responses::response_of_item(id), owner_, clock_now());
  if (!turn) return {};
  auto found = wire::responses::item_in(wire::responses::output_of(turn->response), id);
  if (found.empty()) found = wire::responses::item_in(turn->input, id);
  if (!found.empty()) held_.push_back(std::move(turn));
  return found;
}

void Recollection::begin() {
  answer_ = wire::make_whole_encoder(context_);
}

void Recollection::hear(const core::Event& event) {
  if (asked.store) answer_->gather(event);
}

void Recollection::end() {
  if (!asked.store) return;
  cache::Turn turn;
  turn.id = context_.id;
  turn.owner = owner_;
  wire::responses::write_input_items(asked, context_.id, turn.input);
  answer_->write(turn.response);
  turn.before = previous_;
  turns_.keep(std::move(turn), limits_, clock_now());
}

}  // namespace codecrucible::gateway

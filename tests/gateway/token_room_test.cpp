#include "gateway/token_room.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;

namespace {

core::ModelView model_with(std::optional<std::int64_t> window, double factor = 1) {
  core::ModelView model;
  model.window = window;
  model.token_factor = factor;
  return model;
}

}  // namespace

TEST_CASE("token room: the ceiling of Messages bends to the window, other clients' wishes stay") {
  core::Arena arena;
  core::ChatRequest request(arena);
  request.max_tokens = 32000;
  CHECK(answer_limit(request, model_with(8192), 32000, 4000) == 32000);
  CHECK(needed_room(request, 256) == 32000);
  request.surface = core::Surface::anthropic_messages;
  CHECK(needed_room(request, 256) == 256);
  const auto limit = answer_limit(request, model_with(8192), 32000, 4000);
  CHECK(*limit < 8192 - 4000);
  CHECK(*limit > 8192 - 4000 - 600);
  CHECK(answer_limit(request, model_with(8192, 1.5), 32000, 4000) < 8192 - 6000);
  CHECK(answer_limit(request, model_with({}), 32000, 4000) == 32000);
  CHECK(answer_limit(request, model_with(8192), 100, 4000) == 100);
  CHECK(answer_limit(request, model_with(8192), 32000, 8190) == 1);
  CHECK(answer_limit(request, model_with(8192), 32000, 100000) == 1);
  request.max_tokens = 10;
  CHECK(needed_room(request, 256) == 10);
}

TEST_CASE("token room: what is counted grows with all that is sent and with what was learned") {
  core::Arena arena;
  core::ChatRequest request(arena);
  request.surface = core::Surface::anthropic_messages;
  std::int64_t before = counted_tokens(request, 1);
  const auto grows = [&] {
    const auto now = counted_tokens(request, 1);
    const bool more = now > before;
    before = now;
    return more;
  };
  auto& message = request.messages.emplace_back();
  CHECK(grows());
  message.parts.emplace_back().text = "some words of a question";
  CHECK(grows());
  message.parts.emplace_back().kind = core::Part::Kind::image;
  CHECK(grows());
  auto& call = message.tool_calls.emplace_back();
  call.name = "f";
  call.arguments = R"({"a":1})";
  CHECK(grows());
  auto& tool = request.tools.emplace_back();
  tool.name = "f";
  tool.parameters = R"({"type":"object"})";
  CHECK(grows());
  CHECK(counted_tokens(request, 2) > before);
}

#include "core/arena.hpp"
#include "core/chat.hpp"
#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace codecrucible::core;

TEST_CASE("core: every cause has its own label and an HTTP error status") {
  std::set<std::string_view> labels;
  for (int i = 0; i <= static_cast<int>(Cause::internal); ++i) {
    const auto cause = static_cast<Cause>(i);
    CHECK(labels.insert(label(cause)).second);
    CHECK(http_status(cause) >= 400);
    CHECK(http_status(cause) < 600);
  }
}

TEST_CASE("core: what blames a backend may be tried elsewhere") {
  for (int i = 0; i <= static_cast<int>(Cause::internal); ++i) {
    const auto cause = static_cast<Cause>(i);
    if (blames_backend(cause)) CHECK(may_try_elsewhere(cause));
  }
  CHECK_FALSE(blames_backend(Cause::loading));
}

TEST_CASE("core: task names read back as the same task") {
  for (std::size_t i = 0; i < task_type_count; ++i) {
    const auto type = static_cast<TaskType>(i);
    CHECK(task_type_of(name(type)) == type);
  }
  CHECK(name(TaskType::multi_file) == "multi-file");
  CHECK_FALSE(task_type_of("poetry"));
}

TEST_CASE("core: JSON text escapes what JSON demands and nothing else") {
  std::string out;
  append_string(out, "a\"b\\c\n\x01 é");
  CHECK(out == "\"a\\\"b\\\\c\\n\\u0001 é\"");
}

TEST_CASE("core: a deadline far away does not overflow") {
  const Time now{std::chrono::hours(1)};
  CHECK(Deadline::in(now, Duration::max()).at == Time::max());
  CHECK(Deadline::in(now, std::chrono::seconds(1)).left(now) == std::chrono::seconds(1));
  CHECK(Deadline::in(now, std::chrono::seconds(0)).passed(now));
}

TEST_CASE("core: an arena keeps joined text until it is cleared") {
  Arena arena;
  const auto text = arena.join({"data:", "image/png", ";base64"});
  CHECK(text == "data:image/png;base64");
  ChatRequest request(arena);
  request.messages.emplace_back();
  request.messages.back().parts.push_back(Part{Part::Kind::text, text, {}, {}});
  CHECK(request.messages.back().parts.get_allocator().resource() == arena.resource());
}

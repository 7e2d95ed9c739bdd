// Which requests share an answer, from their bytes: every field once, in each dialect whose bodies may go on
// as they came.
#include "cache/key.hpp"
#include "cache_key_cases.hpp"
#include "core/arena.hpp"
#include "gateway/cache_scope.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/ollama/client.hpp"
#include "wire/openai/client.hpp"
#include "wire/responses/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace codecrucible;
using namespace cache_key_cases;
using Json = nlohmann::ordered_json;

namespace {

// Two earlier responses that a request may go on from.
class Earlier final : public wire::responses::Recall {
 public:
  bool conversation(std::string_view id, std::vector<std::string_view>& arrays) override {
    const auto found = items().find(id);
    if (found == items().end()) return false;
    arrays.push_back(found->second);
    return true;
  }
  std::string_view item(std::string_view id) override {
    return id == "msg_1" ? R"({"type":"message","role":"assistant","id":"msg_1","content":"kept"})" : "";
  }

 private:
  static const std::map<std::string_view, std::string_view>& items() {
    static const std::map<std::string_view, std::string_view> all{
        {"resp_1", R"([{"role":"user","content":"one"},{"role":"assistant","content":"first"}])"},
        {"resp_2", R"([{"role":"user","content":"one"},{"role":"assistant","content":"second"}])"}};
    return all;
  }
};

cache::Key key_of(Door door, const std::string& body_text) {
  const std::string padded = body_text + std::string(64, ' ');  // that the readers may look at
  const auto body = std::string_view(padded).substr(0, body_text.size());
  core::Arena arena;
  core::ChatRequest request(arena);
  wire::openai::SourceMap source;
  wire::anthropic::Wishes wishes;
  wire::responses::Asked asked;
  Earlier earlier;
  const auto read = [&]() -> core::Result<void> {
    switch (door) {
      case Door::chat:
        return wire::openai::decode_chat(body, arena, request, source);
      case Door::completions:
        return wire::openai::decode_completion(body, arena, request, source);
      case Door::ollama_chat:
        return wire::ollama::decode_chat(body, arena, request);
      case Door::ollama_generate:
        return wire::ollama::decode_generate(body, arena, request);
      case Door::anthropic:
        return wire::anthropic::decode(body, arena, request, wishes);
      case Door::responses:
        return wire::responses::decode(body, arena, request, asked, earlier);
    }
    return {};
  }();
  REQUIRE_MESSAGE(read.has_value(), body_text, "\n", read.has_value() ? "" : read.error().detail);
  const auto told = gateway::unread_wishes(source);
  return cache::key_of(request, {"", request.model, 1, told});
}

// The members of every object in another order, and other blanks.
Json shuffled(const Json& value, std::mt19937_64& random) {
  if (value.is_array()) {
    auto out = Json::array();
    for (const auto& item : value) out.push_back(shuffled(item, random));
    return out;
  }
  if (!value.is_object()) return value;
  std::vector<std::string> names;
  for (const auto& [name, held] : value.items()) names.push_back(name);
  std::shuffle(names.begin(), names.end(), random);
  auto out = Json::object();
  for (const auto& name : names) out[name] = shuffled(value[name], random);
  return out;
}

std::string merged(const std::string& base, const std::string& change) {
  auto out = Json::parse(base);
  out.merge_patch(Json::parse(change));
  return out.dump();
}

}  // namespace

TEST_CASE("cache key: every field that shapes the answer, once changed, makes another key") {
  for (const auto& one : cases()) {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> seen;
    auto changes = one.shaping;
    changes.emplace_back("{}");
    for (const auto& change : changes) {
      CAPTURE(change);
      const auto key = key_of(one.door, merged(one.base, change));
      const auto [at, fresh] = seen.emplace(std::pair(key.high, key.low), change);
      CHECK_MESSAGE(fresh, "the same as ", at->second);
    }
  }
}

TEST_CASE("cache key: what says nothing about the answer makes no other key") {
  for (const auto& one : cases()) {
    const auto plain = key_of(one.door, one.base);
    for (const auto& change : one.silent) {
      CAPTURE(change);
      CHECK(key_of(one.door, merged(one.base, change)) == plain);
    }
  }
}

TEST_CASE("cache key: order and blanks of the body make no other key, whatever it says") {
  std::mt19937_64 random(1);
  for (const auto& one : cases()) {
    for (const auto& change : one.shaping) {
      const auto body = Json::parse(merged(one.base, change));
      const auto plain = key_of(one.door, body.dump());
      for (int round = 0; round < 3; ++round) {
        const auto other = shuffled(body, random).dump(round);
        CAPTURE(other);
        CHECK(key_of(one.door, other) == plain);
      }
    }
  }
}

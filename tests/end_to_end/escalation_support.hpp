#pragma once

// A gateway whose small models are asked first and whose large one answers instead, for tests of escalation.
#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

namespace escalation_support {

using namespace codecrucible;
using namespace codecrucible::house;

// Who is asked first: the small coder, or with a header the small model behind llama.cpp.
inline std::string config(const std::string& escalation) {
  const bool timed = escalation.find("extraTime") != std::string::npos;
  return "routing:\n  escalation:\n    safeAbove: 1\n" + std::string(timed ? "" : "    extraTime: 20s\n") +
         escalation +
         "  rules:\n    - name: cpp\n      condition: \"headers['x-pick'] == 'cpp'\"\n      target: "
         "llamacpp/cpp-model\n    - name: small\n      target: lmstudio/small-coder\n";
}

inline const std::string generous = "    share: 1\n    burst: 1000\n";

inline Plan plan(const std::string& escalation) {
  Plan wanted;
  wanted.llamacpp = true;
  wanted.more = config(escalation);
  // One strong model only, so that it is known who answers instead.
  wanted.adjust = [](simulator::Settings& settings) {
    if (settings.kind != core::ProviderKind::ollama) return;
    std::erase_if(settings.models, [](const auto& model) { return model.id == ollama_thinker; });
    std::erase_if(settings.resident, [](const auto& id) { return id == ollama_thinker; });
  };
  return wanted;
}

// Only the small coder refuses.
inline const std::string refusal = "I'm sorry, but I can't assist with that request.";
inline std::string refused_by_small(const std::string& question) {
  return question + " [[say@small-coder:" + refusal + "]]";
}

inline Reply post(House& house, Dialect dialect, const std::string& body, const Headers& headers = {}) {
  return ask(house.port(), "POST", path(dialect), body, headers);
}

inline Answer read(Dialect dialect, bool stream, const Reply& reply) {
  CHECK_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
  auto answer = read_answer(dialect, stream, reply);
  for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
  return answer;
}

}  // namespace escalation_support

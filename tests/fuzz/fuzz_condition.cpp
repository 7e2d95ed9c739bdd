#include "router/condition/program.hpp"

#include <cstdint>

// Any bytes as a routing condition: a program that can be evaluated, or a mistake with a place inside the
// text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace codecrucible;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  router::condition::Mistake mistake;
  const auto program = router::condition::parse(text, {"lmstudio", "ollama"}, mistake);
  if (!program) {
    if (mistake.message.empty() || mistake.offset > size) __builtin_trap();
    return 0;
  }
  const router::Facts facts;
  const core::FleetView fleet;
  (void)program->holds({facts, fleet});
  (void)program->conjuncts();
  return 0;
}

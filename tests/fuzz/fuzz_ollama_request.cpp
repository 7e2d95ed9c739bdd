#include "core/result.hpp"
#include "wire/ollama/client.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace codecrucible;

// Any bytes as the body of any request: no crash, and a refusal always says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.append(64, '\0');
  const std::string_view body(bytes.data(), size);
  const auto check = [](const auto& result) {
    if (!result && result.error().detail.empty()) std::abort();
  };
  {
    core::Arena arena;
    core::ChatRequest request(arena);
    check(wire::ollama::decode_chat(body, arena, request));
  }
  {
    core::Arena arena;
    core::ChatRequest request(arena);
    check(wire::ollama::decode_generate(body, arena, request));
  }
  {
    core::Arena arena;
    core::EmbeddingsRequest request(arena);
    check(wire::ollama::decode_embed(body, arena, request));
  }
  core::Arena arena;
  core::EmbeddingsRequest request(arena);
  check(wire::ollama::decode_embeddings(body, arena, request));
  check(wire::ollama::decode_show(body, arena));
  return 0;
}

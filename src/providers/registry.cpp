#include "providers/kinds.hpp"

namespace codecrucible::providers {

const Provider& provider_for(core::ProviderKind kind) {
  switch (kind) {
    case core::ProviderKind::lmstudio:
      return lmstudio();
    case core::ProviderKind::ollama:
      return ollama();
    case core::ProviderKind::llamacpp:
      return llamacpp();
    case core::ProviderKind::vllm:
      return vllm();
    case core::ProviderKind::openai:
      break;
  }
  return openai();
}

}  // namespace codecrucible::providers

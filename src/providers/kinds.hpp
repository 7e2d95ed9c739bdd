#pragma once

#include "providers/provider.hpp"

namespace codecrucible::providers {

const Provider& lmstudio();
const Provider& ollama();
const Provider& llamacpp();
const Provider& vllm();
const Provider& openai();

core::Result<Embeddings> decode_ollama_embeddings(std::string_view body);

}  // namespace codecrucible::providers

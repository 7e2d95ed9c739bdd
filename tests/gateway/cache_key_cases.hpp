#pragma once

#include <string>
#include <vector>

namespace cache_key_cases {

enum class Door { chat, completions, ollama_chat, ollama_generate, anthropic, responses };

struct Case {
  Door door;
  std::string base;
  std::vector<std::string> shaping;  // merged into the base (RFC 7396): each another answer
  std::vector<std::string> silent;   // merged into the base: the same answer
};

// A body for each door with its fields, one after the other.
const std::vector<Case>& cases();

}  // namespace cache_key_cases

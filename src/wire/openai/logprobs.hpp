#pragma once

#include "core/arena.hpp"

#include <string>
#include <string_view>

namespace codecrucible::wire::openai {

// The `logprobs` member of a choice, as chat or completions write it, turned into chat's array of token
// entries (core::Event::Kind::logprobs). Empty if it holds none.
std::string_view entries_of(std::string_view logprobs, core::Arena& memory);

// Chat's entries written as the lists of the old completions: the inside of its four arrays, gathered over
// a reply. `text_offset` counts characters of the reply.
class CompletionLogprobs {
 public:
  void add(std::string_view entries);
  bool empty() const noexcept { return tokens_.empty(); }
  // Writes the object and forgets the entries, not the offset.
  void write(std::string& out);

 private:
  std::string tokens_, values_, tops_, offsets_;
  std::size_t offset_ = 0;
};

}  // namespace codecrucible::wire::openai

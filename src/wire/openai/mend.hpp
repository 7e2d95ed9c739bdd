#pragma once

#include "core/event.hpp"
#include "wire/openai/chunk.hpp"
#include "wire/openai/reply_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::openai {

// What mend() writes in place of what the backend wrote.
struct Mending {
  ReplyRules rules;
  std::string_view id;                          // as JSON text inside quotes
  std::string_view model;                       // unescaped
  std::string_view created;                     // digits
  const core::Events* events = nullptr;         // what the object was read as
  const std::vector<bool>* role_due = nullptr;  // choices whose first chunk this is
};

// Appends the object `data` with everything set right that breaks a rule; members without fault, known or
// not, keep their bytes and their order. `data` has been read by read_chunk before.
void mend(std::string_view data, const Mending& mending, std::string& out);

}  // namespace codecrucible::wire::openai

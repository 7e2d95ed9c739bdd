#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::simulator {

// The answer of a simulated model: derived from the prompt and the model's name alone, so that a test knows
// what a complete answer is. It begins with "Simulated answer <mark>" and ends with "End of <mark>."; a
// prompt that asks for code gets a fenced block. "[[words:N]]" in the prompt sets its length, "[[say:TEXT]]"
// its whole text.
std::string answer_for(std::string_view prompt, std::string_view model);

// The mark alone: eight hexadecimal digits.
std::string answer_mark(std::string_view prompt, std::string_view model);

// The pieces in which a model would produce a text: a word with the space before it each. Joined they are the
// text.
std::vector<std::string> tokens_of(std::string_view text);

// A number of tokens for a prompt, as a tokenizer would roughly count.
std::int64_t count_tokens(std::string_view text);

// A vector of `dimensions` floats, the same for the same text, of length 1; near texts give near vectors.
std::vector<float> vector_for(std::string_view text, std::size_t dimensions);

}  // namespace codecrucible::simulator

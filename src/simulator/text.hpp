#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::simulator {

// The answer of a simulated model: derived from the prompt and the model's name alone, so that a test knows
// what a complete answer is. It begins with "Simulated answer <mark>" and ends with "End of <mark>."; a
// prompt that asks for code gets a fenced block. "[[words:N]]" in the prompt sets its length, "[[say:TEXT]]"
// its whole text; "[[say@MODEL:TEXT]]" that of one model only.
std::string answer_for(std::string_view prompt, std::string_view model);

// The log-probability that a token is told with: of the mark "[[logprob@MODEL:-4]]", else by its length.
double logprob_of(std::string_view token, std::string_view prompt, std::string_view model);

// What a prompt wants of this model alone: TEXT of "[[word@MODEL:TEXT]]".
std::optional<std::string_view> wish_for(std::string_view prompt, std::string_view word,
                                         std::string_view model);

// One mark "[[call:NAME JSON]]": the call of a tool that a prompt wants.
struct WishedCall {
  std::string_view name, arguments;
};
std::vector<WishedCall> wished_calls(std::string_view prompt);

// The mark alone: eight hexadecimal digits.
std::string answer_mark(std::string_view prompt, std::string_view model);

// The pieces in which a model would produce a text: a word with the space before it each. Joined they are the
// text.
std::vector<std::string> tokens_of(std::string_view text);
std::string joined(const std::vector<std::string>& tokens);

// A number of tokens for a prompt, as a tokenizer would roughly count.
std::int64_t count_tokens(std::string_view text);

// A vector of `dimensions` floats, the same for the same text, of length 1; near texts give near vectors.
std::vector<float> vector_for(std::string_view text, std::size_t dimensions);

}  // namespace codecrucible::simulator

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace codecrucible::confidence {

// An answer to a question with options, and which of them it settles on. Views into both.
struct Choice {
  std::string_view stem;  // the question without its options
  std::vector<std::string_view> options;
  std::string_view answer;
  std::size_t chosen = 0;  // options.size() and beyond: none of them
  bool known() const { return chosen < options.size(); }
};

// What the way to the letter and the options say of it, one number each.
struct ChoiceEvidence {
  enum Place : std::size_t {
    // of the reasoning: does it go round in circles, what does it say of itself
    repeated,       // share of its runs of four words that it had before
    most_repeated,  // how often it has one
    sentences,
    letters_named,  // different ones, as "(C)"
    no_conclusion,  // no "answer is"
    says_none,
    rounds,
    guesses,
    ends_in_letter,
    conclusions,  // "therefore" …
    words_per_sentence,
    // does it lead to the option that is named: by words …
    support,        // share of the option's words that it has, the rare ones counting more
    support_ahead,  // … more than of any other option's
    support_rank,   // share of the others that it is ahead of
    best_supported,
    // … and by numbers: nearness to the last four of them and to the last
    late_number,
    late_number_ahead,
    last_number,
    last_number_ahead,
    // the option's number among the others': shares of these that are made from it
    opposite_others,
    scaled_others,  // by a power of ten
    multiple_others,
    alike_others,  // the same two leading digits
    digits_above,  // more than half of the options have
    sign,
    // how it is written, against the mean of all: an invented one is written in another manner
    length_above,
    shorter_others,
    stop_above,
    capital_above,
    same_beginnings,
    same_ends,
    absolute,
    commas_above,
    // the question
    mean_length,  // of its options
    spread_of_length,
    distinct_words,
    negated,
    of_statements,
    blanks,
    stem_sentences,
    asks_which,
    asks_why,
    letters_per_word,
    digits_share,
    ends_asking,
    ends_telling,
    count
  };
  std::array<float, count> values{};
  float& operator[](Place place) { return values[place]; }
  float operator[](Place place) const { return values[place]; }
};

// All of it; time linear in the texts.
ChoiceEvidence choice_evidence(const Choice& choice);

// The two parts of it: what the reasoning shows, and what the options and the question do.
void weigh_reasoning(const Choice& choice, ChoiceEvidence& evidence);
void weigh_options(const Choice& choice, ChoiceEvidence& evidence);

// Shared by both. Words are hashed; those of three letters and less do not count.
std::vector<std::uint32_t> hashed_words(std::string_view text);  // each once, sorted
std::vector<double> signed_numbers(std::string_view text);
std::size_t sentences_in(std::string_view text);

}  // namespace codecrucible::confidence

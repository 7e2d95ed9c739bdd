#pragma once

#include "confidence/evidence.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

namespace codecrucible::confidence {

// What is read from a stream as it comes: each takes pieces cut anywhere, costs O(1) per byte and never
// allocates.

// Refusals and hedges: phrases found wherever a piece ends.
class PhraseWatch {
 public:
  void feed(std::string_view piece) noexcept;
  std::uint32_t refusals() const noexcept { return refusals_; }
  std::uint32_t hedges() const noexcept { return hedges_; }

 private:
  void one(char c) noexcept;
  bool ends_with(std::string_view phrase) const noexcept;
  static constexpr std::size_t window = 32;
  std::array<char, window> last_{};  // folded, blanks collapsed; ring
  std::size_t at_ = 0;
  std::uint32_t seen_ = 0, refusals_ = 0, hedges_ = 0;
  bool blank_ = true;
};

// Endless repetition of a word group, a line or a character.
class LoopWatch {
 public:
  void feed(std::string_view piece) noexcept;
  bool looping() const noexcept { return looping_; }

 private:
  template <std::size_t Periods>
  struct Runs {
    std::array<std::uint32_t, Periods> ring{};
    std::array<std::uint16_t, Periods> run{};
    std::size_t at = 0;
    bool add(std::uint32_t hash, std::uint16_t least) noexcept {
      bool loop = false;
      for (std::size_t p = 1; p <= Periods; ++p) {
        auto& run_of_p = run[p - 1];
        run_of_p = ring[(at + Periods - p) % Periods] == hash ? static_cast<std::uint16_t>(run_of_p + 1)
                                                              : std::uint16_t{0};
        loop = loop || (run_of_p >= least && run_of_p >= 3 * p);
      }
      ring[at] = hash;
      at = (at + 1) % Periods;
      return loop;
    }
  };
  Runs<24> words_;
  Runs<8> lines_;
  std::uint32_t word_ = 0, line_ = 0, line_length_ = 0, same_ = 0;
  char last_ = 0;
  bool looping_ = false, lettered_ = false;
};

// Code fences and the brackets inside them.
class FenceWatch {
 public:
  void feed(std::string_view piece) noexcept;
  bool open() const noexcept { return open_; }
  std::uint32_t fences() const noexcept { return fences_; }
  bool unbalanced() const noexcept { return unbalanced_; }
  bool indented() const noexcept { return indented_ >= 2; }  // code without a fence

 private:
  void line_end() noexcept;
  bool open_ = false, unbalanced_ = false, balanced_language_ = false, spaces_only_ = true, in_tag_ = false;
  char mark_ = 0, quote_ = 0, previous_ = 0;
  std::uint32_t run_ = 0, fence_run_ = 0, column_ = 0, fences_ = 0, indented_ = 0, tag_length_ = 0;
  std::array<char, 8> tag_{};
  std::array<int, 3> depth_{};
};

// Well-formedness of one JSON value, as far as it has come.
class JsonWatch {
 public:
  void feed(std::string_view piece) noexcept;
  bool broken() const noexcept { return state_ == State::broken; }
  bool complete() const noexcept { return state_ == State::after && depth_ == 0; }

 private:
  enum class State : std::uint8_t {
    value,
    first_value,
    key,
    first_key,
    colon,
    after,
    string,
    escape,
    unicode,
    word,
    number,
    broken
  };
  void one(char c) noexcept;
  void ended() noexcept;
  State state_ = State::value;
  bool string_is_key_ = false;
  std::uint8_t word_at_ = 0, unicode_left_ = 0;
  const char* word_ = nullptr;
  char last_ = 0;
  int depth_ = 0;
  std::bitset<256> objects_;
};

// Log-probabilities, from OpenAI's token entries.
class TokenWatch {
 public:
  void feed(std::string_view entries) noexcept;
  const TokenStats& stats() noexcept;

 private:
  void entry(double logprob, const double* top, int listed) noexcept;
  static constexpr std::size_t bins = 64;
  static constexpr float bin_width = 0.125F;  // of log p, 0 .. -8
  std::array<std::uint32_t, bins> histogram_{};
  double sum_ = 0, entropy_ = 0, margin_ = 0;
  std::uint32_t tops_ = 0;
  TokenStats stats_;
};

}  // namespace codecrucible::confidence

#include "cache/semantic/guard.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace codecrucible::cache {
namespace {

using Words = std::vector<std::string>;

// Words that carry the sentence, not its matter.
constexpr std::string_view carriers =
    " a an the this that these those my your our their his her its i me we us you he she it they them of in "
    "on at by for "
    "with to from into onto and or but so if then than as is are am be being been do does did done doing can "
    "could may "
    "might must shall should will would have has had having get got how what which who whom whose when where "
    "why please "
    "tell give show explain write create make need want like help let say know find see use using there here "
    "just also "
    "too very really some any about im id ive whats hows youre dont cant wont doesnt isnt didnt wasnt arent "
    "wanna able "
    "possible way ways kindly hi hello hey thanks thank ok okay now up out ";
constexpr std::string_view negations =
    " not no never none nobody nothing neither nor without except excluding cannot cant dont wont doesnt "
    "isnt didnt wasnt "
    "arent havent hasnt shouldnt couldnt wouldnt unless unable fail failed fails ";
constexpr std::string_view quantities =
    " all any every each some one two three only most least more less fewer exactly first last both half "
    "everybody nobody "
    "once twice before after ";
constexpr std::string_view futures = " will shall tomorrow tonight next upcoming yet going gonna soon ";
constexpr std::string_view pasts = " did was were had ago yesterday previously used last ";
constexpr std::string_view duties = " should would ought ";

constexpr std::string_view outer = ".,;:?!()\"'`";
constexpr std::string_view outer_more = ".,;:?!()\"'`[]{}";

bool listed(std::string_view list, std::string_view word) {
  if (word.empty()) return false;
  std::string wanted = " ";
  wanted.append(word) += ' ';
  return list.find(wanted) != std::string_view::npos;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_word(char c) {
  return is_digit(c) || is_small(c) || is_capital(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

std::string_view stripped(std::string_view text, std::string_view marks) {
  while (!text.empty() && marks.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  while (!text.empty() && marks.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = is_capital(c) ? static_cast<char>(c + 32) : c;
  return out;
}

// Rough: it only has to bring forms of a word together, and never two words.
std::string stem(std::string word) {
  for (const std::string_view suffix : {"ingly", "edly", "ing", "ies", "ied", "es", "ed", "s", "ly", "e"}) {
    if (!word.ends_with(suffix) || word.size() < suffix.size() + 3) continue;
    word.resize(word.size() - suffix.size());
    if (suffix == "ies" || suffix == "ied") word += 'y';
    const bool doubled = word.size() > 3 && word[word.size() - 1] == word[word.size() - 2];
    if (doubled && std::string_view("lse").find(word.back()) == std::string_view::npos) word.pop_back();
    break;
  }
  return word;
}

// "!p" in code.
bool has_not(std::string_view token) {
  for (std::size_t i = 0; i + 1 < token.size(); ++i) {
    if (token[i] == '!' && is_word(token[i + 1])) return true;
  }
  return false;
}

// Marks that stand in code, paths, flags and the like.
bool has_marks(std::string_view token) {
  if (token.find_first_of("_/\\@#$=<>|&~`{}[]*+%^") != std::string_view::npos) return true;
  if (token.find("::") != std::string_view::npos || token.find("--") != std::string_view::npos) return true;
  if (token.size() > 1 && token[0] == '-' && is_word(token[1])) return true;
  if (has_not(token)) return true;
  for (std::size_t i = 0; i + 1 < token.size(); ++i) {
    if (!is_word(token[i])) continue;
    if (token[i + 1] == '(') return true;
    if (token[i + 1] == '.' && i + 2 < token.size() && is_word(token[i + 2])) return true;
  }
  return false;
}

bool is_quoted(std::string_view token) {
  token = stripped(token, ".,;:?!");
  return token.size() > 2 && (token.front() == '"' || token.front() == '`') &&
         (token.back() == '"' || token.back() == '`');
}

// A name by its spelling: a capital inside a sentence, or inside a word that begins one.
bool is_name(std::string_view core, bool begins) {
  if (begins) {
    for (std::size_t i = 0; i + 1 < core.size(); ++i) {
      if (is_capital(core[i + 1]) && (is_small(core[i]) || is_capital(core[i]))) return true;
    }
    return false;
  }
  if (core == "I" || core.starts_with("I'")) return false;
  return std::any_of(core.begin(), core.end(), is_capital);
}

// One text, read for comparison.
struct Reading {
  Words words;   // small, bare
  Words plain;   // small, without the marks around them
  Words tokens;  // as they stand
  Words hard;    // what must stand in the other text too

  explicit Reading(std::string_view text) {
    bool begins = true;
    std::size_t at = 0;
    constexpr std::string_view blanks = " \t\r\n";
    while (true) {
      at = text.find_first_not_of(blanks, at);
      if (at == std::string_view::npos) return;
      const auto end = std::min(text.find_first_of(blanks, at), text.size());
      take(text.substr(at, end - at), begins);
      begins = std::string_view(".?!").find(text[end - 1]) != std::string_view::npos;
      at = end;
    }
  }

  void take(std::string_view token, bool begins) {
    const auto core = stripped(token, outer);
    tokens.emplace_back(token);
    plain.push_back(lower(core));
    std::string word = lower(stripped(token, outer_more));
    std::erase(word, '\'');
    words.push_back(word.empty() ? std::string(token) : std::move(word));
    const bool number = std::any_of(core.begin(), core.end(), is_digit);
    if (!number && !has_marks(token) && !is_quoted(token) && !is_name(core, begins)) return;
    const bool says = std::any_of(core.begin(), core.end(), is_word);
    // Flags differ by case: -a is not -A.
    hard.push_back(!says || has_not(token) ? std::string(token)
                   : core.starts_with('-') ? std::string(core)
                                           : lower(core));
  }

  bool holds(const std::string& wanted) const {
    return std::find(plain.begin(), plain.end(), wanted) != plain.end() ||
           std::find(tokens.begin(), tokens.end(), wanted) != tokens.end();
  }
  Words those(const Words& wanted) const {
    Words out;
    for (const auto& word : plain) {
      if (std::find(wanted.begin(), wanted.end(), word) != wanted.end()) out.push_back(word);
    }
    return out;
  }
  Words listed_in(std::string_view list) const {
    Words out;
    for (const auto& word : words) {
      if (listed(list, word)) out.push_back(word);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  bool any_of(std::string_view list) const {
    return std::any_of(words.begin(), words.end(), [&](const auto& word) { return listed(list, word); });
  }
  Words matter() const {
    Words out;
    for (const auto& word : words) {
      if (!listed(carriers, word)) out.push_back(stem(word));
    }
    return out;
  }
};

bool must(std::string_view text) {
  const auto small = lower(text);
  return small.find("have to") != std::string::npos || small.find("has to") != std::string::npos ||
         small.find("had to") != std::string::npos;
}

Words sorted(Words words) {
  std::sort(words.begin(), words.end());
  return words;
}

std::size_t missing(const Words& from, const Words& in) {
  Words out;
  std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(out));
  return out.size();
}

bool same_substance(const Reading& a, const Reading& b) {
  for (const auto& word : a.hard) {
    if (!b.holds(word)) return false;
  }
  for (const auto& word : b.hard) {
    if (!a.holds(word)) return false;
  }
  Words both = a.hard;
  both.insert(both.end(), b.hard.begin(), b.hard.end());
  return a.those(both) == b.those(both);  // "from X to Y" is not "from Y to X"
}

}  // namespace

std::string_view name(Difference difference) noexcept {
  constexpr std::array<std::string_view, difference_count> names{
      "substance", "negation", "quantity", "future", "past", "duty", "substitution", "order"};
  return names[static_cast<std::size_t>(difference)];
}

std::optional<Difference> difference(std::string_view first, std::string_view second) {
  const Reading a(first), b(second);
  if (!same_substance(a, b)) return Difference::substance;
  if (a.listed_in(negations).size() != b.listed_in(negations).size()) return Difference::negation;
  if (a.listed_in(quantities) != b.listed_in(quantities)) return Difference::quantity;
  if (a.any_of(futures) != b.any_of(futures)) return Difference::future;
  if (a.any_of(pasts) != b.any_of(pasts)) return Difference::past;
  if (a.any_of(duties) != b.any_of(duties) || must(first) != must(second)) return Difference::duty;
  const auto matter_a = a.matter(), matter_b = b.matter();
  const auto sorted_a = sorted(matter_a), sorted_b = sorted(matter_b);
  const auto only_a = missing(sorted_a, sorted_b), only_b = missing(sorted_b, sorted_a);
  // Two of three words exchanged is another sentence; one or two of them is the same sentence about another
  // thing.
  if (only_a > 0 && only_b > 0 && std::max(only_a, only_b) <= 2) return Difference::substitution;
  if (only_a == 0 && only_b == 0 && matter_a != matter_b) return Difference::order;
  Words stems_a, stems_b;
  for (const auto& word : a.words) stems_a.push_back(stem(word));
  for (const auto& word : b.words) stems_b.push_back(stem(word));
  if (stems_a != stems_b && sorted(stems_a) == sorted(stems_b)) return Difference::order;
  return std::nullopt;
}

}  // namespace codecrucible::cache

#pragma once

#include "router/condition/token.hpp"
#include "router/condition/variables.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace codecrucible::router::condition {

// A condition after parsing and type check: a flat array of nodes. Evaluation visits each node at most once,
// allocates nothing (RE2 may fill its own bounded cache for `matches`), and looks at no more than
// `max_subject_bytes` of any text, so its time is bounded.
inline constexpr std::size_t max_nodes = 256;
inline constexpr std::size_t max_nesting = 32;
inline constexpr std::size_t max_list = 256;
inline constexpr std::size_t max_subject_bytes = 8192;

struct Operand {
  enum class Kind : std::uint8_t { number, text, variable };
  Kind kind = Kind::number;
  Variable variable = Variable::task_type;
  double number = 0;
  std::uint32_t text = 0;  // index into texts: the constant, or the header's or provider's name
};

enum class Op : std::uint8_t {
  or_,
  and_,
  not_,
  same,        // both conditions equal
  truth,       // operand `left` is not 0
  equal,       // numbers
  less,        //
  less_equal,  //
  in_numbers,  // `left` is one of `count` numbers from `first`
  equal_text,
  in_texts,     // `left` is one of `count` texts from `first`
  listed,       // list variable `left` holds text `right`
  contains,     // text in text
  starts_with,  //
  ends_with,    //
  matches,      // pattern `first`
  has_header,   // header named by `right` is there and not empty
};

struct Node {
  Op op = Op::truth;
  std::uint32_t a = 0, b = 0;          // or_, and_, not_, same: nodes
  std::uint32_t first = 0, count = 0;  // lists, patterns
  Operand left, right;
};

class Program {
 public:
  // True for every scene if empty.
  bool holds(const Scene& scene) const noexcept;

  bool reads(Variable variable) const noexcept {
    return (reads_ >> static_cast<unsigned>(variable) & 1) != 0;
  }
  // Its value if no request can change it: it depends on nothing, or on values that cannot be (hour >= 25).
  std::optional<bool> constant() const;
  // Its comparisons that can never be true, in words for a person.
  std::vector<std::string> hopeless() const;

  // The parts joined by && (or by ||) at the top, each in a normal spelling: equal text, equal meaning.
  std::vector<std::string> conjuncts() const { return parts(Op::and_); }
  std::vector<std::string> disjuncts() const { return parts(Op::or_); }

 private:
  friend class Parser;
  bool value(std::uint32_t node, const Scene& scene) const noexcept;
  double number(const Operand& operand, const Scene& scene) const noexcept;
  std::string_view text(const Operand& operand, const Scene& scene) const noexcept;
  std::vector<std::string> parts(Op op) const;

  // A comparison of a variable with a number, as the values it leaves.
  struct Bound {
    Operand variable;
    Range range;
    std::string shown;  // "hour >= 25"
  };
  std::optional<Bound> bound_of(std::uint32_t node, bool wanted) const;
  void collect(std::uint32_t node, std::vector<Bound>& bounds) const;
  std::optional<std::string> clash(std::uint32_t node) const;
  std::optional<bool> foreseen(std::uint32_t node) const;
  void find_hopeless(std::uint32_t node, bool wanted, std::vector<std::string>& out) const;
  std::string shown(const Operand& variable) const;
  std::string shown(Variable variable, double value) const;
  std::string spelled(const Range& range) const;
  std::string spelled(std::uint32_t node) const;
  std::string spelled(const Operand& operand) const;

  std::vector<Node> nodes_;
  std::uint32_t root_ = 0;
  std::vector<double> numbers_;
  std::vector<std::string> texts_;
  std::vector<std::shared_ptr<const re2::RE2>> patterns_;
  std::uint64_t reads_ = 0;
};

// Parses and type-checks. On a mistake returns nothing and fills `mistake`.
std::optional<Program> parse(std::string_view condition, const std::vector<std::string>& providers,
                             Mistake& mistake);

}  // namespace codecrucible::router::condition

#pragma once

#include "router/condition/program.hpp"

namespace codecrucible::router::condition {

// Recursive descent over the tokens, checking types as it goes and emitting nodes. Stops at the first
// mistake.
//
//   or        = and { "||" and }
//   and       = relation { "&&" relation }
//   relation  = unary [ ("==" | "!=" | "<" | "<=" | ">" | ">=") unary
//                     | "in" (list | unary) | word unary ]
//   unary     = "!" unary | postfix
//   postfix   = primary { "." word "(" or ")" }
//   word      = "contains" | "startsWith" | "endsWith" | "matches"
//   primary   = number | string | "true" | "false" | variable | "(" or ")"
class Parser {
 public:
  Parser(std::vector<Token> tokens, const std::vector<std::string>& providers, Mistake& mistake);
  std::optional<Program> run();

 private:
  // Something parsed: either a value (operand of some type) or a condition (node).
  struct Piece {
    bool is_value = false;
    Type type = Type::boolean;
    Operand operand;
    std::uint32_t node = 0;
    std::size_t offset = 0;
    std::string shown;  // as the user wrote it, for messages
    bool literal() const { return is_value && operand.kind != Operand::Kind::variable; }
  };

  Piece parse_or();
  Piece parse_and();
  Piece parse_relation();
  Piece parse_unary();
  Piece parse_postfix();
  Piece parse_primary();
  Piece parse_variable();
  Piece parse_header(Piece piece);
  Piece parse_in(const Piece& left);

  Piece compare(Piece left, const Token& op, Piece right);
  Piece compare_conditions(const Piece& left, bool negate, const Piece& right);
  Piece call(const Piece& subject, const Token& word, const Piece& argument);
  // Turns the literal of a pair into a member of the other side's set; false and a mistake if impossible.
  bool unify(Piece& left, Piece& right);
  bool into_set(Piece& literal, const Piece& set);
  bool comparable_text(const Piece& piece) const;

  std::uint32_t condition(const Piece& piece);  // as a node; a mistake unless it is true or false
  Piece emit(Node node, std::size_t offset);
  Piece negated(const Piece& piece);
  std::uint32_t keep(std::string text);
  std::string_view text(const Operand& operand) const { return program_.texts_[operand.text]; }

  const Token& peek() const { return tokens_[at_]; }
  bool is(std::string_view symbol) const;
  bool is_word(std::string_view word) const;
  bool accept(std::string_view symbol);
  bool expect(std::string_view symbol, std::string_view why);
  bool failed() const { return !mistake_.message.empty(); }
  Piece fail(std::size_t offset, std::string message);

  std::vector<Token> tokens_;
  const std::vector<std::string>& providers_;
  Mistake& mistake_;
  Program program_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
};

}  // namespace codecrucible::router::condition

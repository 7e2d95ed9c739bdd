#include "router/condition/parser.hpp"
#include "router/names.hpp"

#include <re2/re2.h>

namespace codecrucible::router::condition {
// A literal beside a closed set must be one of its names, so that a slip of the pen is found at load.
bool Parser::into_set(Piece& literal, const Piece& set) {
  if (literal.type == Type::number && set.type == Type::weekday) {
    if (literal.operand.number >= 1 && literal.operand.number <= 7) {
      literal.type = set.type;
      return true;
    }
    fail(literal.offset, "weekday is 1 (mon) to 7 (sun)");
    return false;
  }
  const auto names = names_of(set.type);
  const auto number =
      literal.type == Type::text ? number_in(set.type, text(literal.operand)) : std::optional<double>();
  if (!number) {
    const std::string wanted =
        literal.type == Type::text ? std::string(text(literal.operand)) : literal.shown;
    fail(literal.offset, "'" + wanted + "' is not a " + set.shown + valid_names(wanted, names));
    return false;
  }
  literal.operand = {};
  literal.operand.number = *number;
  literal.type = set.type;
  return true;
}

bool Parser::unify(Piece& left, Piece& right) {
  if (left.type == right.type) return true;
  if (is_set(left.type) && right.literal()) return into_set(right, left);
  if (is_set(right.type) && left.literal()) return into_set(left, right);
  fail(right.offset, left.shown + " is " + std::string(describe(left.type)) + ", but " + right.shown +
                         " is " + std::string(describe(right.type)));
  return false;
}

Parser::Piece Parser::compare_conditions(const Piece& left, bool negate, const Piece& right) {
  const auto a = condition(left);
  const auto b = condition(right);
  if (failed()) return {};
  const Piece same = emit({.op = Op::same, .a = a, .b = b}, left.offset);
  return negate ? negated(same) : same;
}

Parser::Piece Parser::compare(Piece left, const Token& op, Piece right) {
  const bool equality = op.text == "==" || op.text == "!=";
  const bool both_truths = left.type == Type::boolean && right.type == Type::boolean;
  if (both_truths && equality) return compare_conditions(left, op.text == "!=", right);
  for (const Piece* side : {&left, &right}) {
    if (!side->is_value) {
      return fail(side->offset, "this is a condition (true or false) and cannot be compared with " +
                                    (side == &left ? right.shown : left.shown));
    }
    if (side->type == Type::list) return fail(side->offset, side->shown + " is a list: use contains or in");
    if (side->type == Type::headers) return fail(side->offset, "name the header: headers['x-team']");
  }
  if (!unify(left, right)) return {};
  if (!equality && !is_ordered(left.type)) {
    return fail(op.offset, op.text + " orders numbers, complexity and weekday; " + left.shown + " is " +
                               std::string(describe(left.type)));
  }
  Node node{.left = left.operand, .right = right.operand};
  if (equality) {
    node.op = left.type == Type::text ? Op::equal_text : Op::equal;
    const Piece equal = emit(node, left.offset);
    return op.text == "!=" ? negated(equal) : equal;
  }
  node.op = op.text.size() == 2 ? Op::less_equal : Op::less;
  if (op.text[0] == '>') std::swap(node.left, node.right);
  return emit(node, left.offset);
}

bool Parser::comparable_text(const Piece& piece) const {
  return piece.is_value && (piece.type == Type::text || is_set(piece.type));
}

Parser::Piece Parser::call(const Piece& subject, const Token& word, const Piece& argument) {
  if (!argument.is_value || argument.type != Type::text) {
    return fail(argument.offset, word.text + " needs a string");
  }
  if (subject.is_value && subject.type == Type::list) {
    if (word.text != "contains")
      return fail(word.offset, subject.shown + " is a list: it knows contains only");
    Operand wanted = argument.operand;
    if (argument.literal()) wanted.text = keep(lower(text(wanted)));  // keywords are in lower case
    return emit({.op = Op::listed, .left = subject.operand, .right = wanted}, subject.offset);
  }
  if (!comparable_text(subject)) {
    return fail(subject.offset, word.text + " needs a string on its left" +
                                    (subject.shown.empty() ? std::string()
                                                           : "; " + subject.shown + " is " +
                                                                 std::string(describe(subject.type))));
  }
  Node node{.left = subject.operand, .right = argument.operand};
  if (word.text == "contains") {
    node.op = Op::contains;
  } else if (word.text == "startsWith") {
    node.op = Op::starts_with;
  } else if (word.text == "endsWith") {
    node.op = Op::ends_with;
  } else {
    if (!argument.literal()) return fail(argument.offset, "the pattern of matches must be a plain string");
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    auto pattern = std::make_shared<const re2::RE2>(std::string(text(argument.operand)), options);
    if (!pattern->ok()) return fail(argument.offset, "this pattern is not valid: " + pattern->error());
    node.op = Op::matches;
    node.first = static_cast<std::uint32_t>(program_.patterns_.size());
    program_.patterns_.push_back(std::move(pattern));
  }
  return emit(node, subject.offset);
}

std::uint32_t Parser::condition(const Piece& piece) {
  if (failed() || !piece.is_value) return piece.node;
  if (piece.type != Type::boolean) {
    std::string hint = is_set(piece.type)            ? ": compare it with == or in"
                       : piece.type == Type::list    ? ": ask " + piece.shown + ".contains('…')"
                       : piece.type == Type::headers ? ": ask headers['x-team'] == '…'"
                                                     : ": compare it with something";
    fail(piece.offset, piece.shown + " is " + std::string(describe(piece.type)) + ", not a condition" + hint);
    return 0;
  }
  return emit({.op = Op::truth, .left = piece.operand}, piece.offset).node;
}

Parser::Piece Parser::emit(Node node, std::size_t offset) {
  if (failed()) return {};
  if (program_.nodes_.size() >= max_nodes) return fail(offset, "the condition is too large");
  Piece piece;
  piece.offset = offset;
  piece.node = static_cast<std::uint32_t>(program_.nodes_.size());
  program_.nodes_.push_back(node);
  return piece;
}

Parser::Piece Parser::negated(const Piece& piece) {
  const auto inner = condition(piece);
  return emit({.op = Op::not_, .a = inner}, piece.offset);
}

std::uint32_t Parser::keep(std::string text) {
  program_.texts_.push_back(std::move(text));
  return static_cast<std::uint32_t>(program_.texts_.size() - 1);
}

bool Parser::is(std::string_view symbol) const {
  return peek().kind == Token::Kind::symbol && peek().text == symbol;
}
bool Parser::is_word(std::string_view word) const {
  return peek().kind == Token::Kind::name && peek().text == word;
}
bool Parser::accept(std::string_view symbol) {
  if (!is(symbol)) return false;
  ++at_;
  return true;
}
bool Parser::expect(std::string_view symbol, std::string_view why) {
  if (failed()) return false;
  if (accept(symbol)) return true;
  fail(peek().offset, "expected '" + std::string(symbol) + "' " + std::string(why));
  return false;
}

Parser::Piece Parser::fail(std::size_t offset, std::string message) {
  if (!failed()) mistake_ = {offset, std::move(message)};
  return {};
}

}  // namespace codecrucible::router::condition

#include "router/condition/parser.hpp"

#include "router/names.hpp"

#include <algorithm>

namespace codecrucible::router::condition {
namespace {

constexpr std::string_view words[] = {"contains", "startsWith", "endsWith", "matches"};

bool is_call_word(const Token& token) noexcept {
  return token.kind == Token::Kind::name &&
         std::find(std::begin(words), std::end(words), token.text) != std::end(words);
}

bool is_comparison(const Token& token) noexcept {
  constexpr std::string_view comparisons[] = {"==", "!=", "<", "<=", ">", ">="};
  return token.kind == Token::Kind::symbol &&
         std::find(std::begin(comparisons), std::end(comparisons), token.text) != std::end(comparisons);
}

}  // namespace

Parser::Parser(std::vector<Token> tokens, const std::vector<std::string>& providers, Mistake& mistake)
    : tokens_(std::move(tokens)), providers_(providers), mistake_(mistake) {
  program_.texts_.emplace_back();  // index 0: what operands without text point to
}

std::optional<Program> Parser::run() {
  if (peek().kind == Token::Kind::end) return Program();  // an empty condition is always true
  const Piece whole = parse_or();
  if (!failed() && peek().kind != Token::Kind::end) {
    const bool word = peek().text == "and" || peek().text == "or" || peek().text == "not";
    fail(peek().offset, word ? "write && for and, || for or, ! for not"
                             : "expected an operator (&& || == != < <= > >= in contains startsWith endsWith "
                               "matches) or the end before '" +
                                   peek().text + "'");
  }
  if (!failed()) program_.root_ = condition(whole);
  if (failed()) return std::nullopt;
  return std::move(program_);
}

Parser::Piece Parser::parse_or() {
  if (++nesting_ > max_nesting) return fail(peek().offset, "nested too deeply");
  Piece left = parse_and();
  while (!failed() && is("||")) {
    const auto offset = peek().offset;
    ++at_;
    const auto a = condition(left);
    const auto b = condition(parse_and());
    if (failed()) break;
    left = emit({.op = Op::or_, .a = a, .b = b}, offset);
  }
  --nesting_;
  return left;
}

Parser::Piece Parser::parse_and() {
  Piece left = parse_relation();
  while (!failed() && is("&&")) {
    const auto offset = peek().offset;
    ++at_;
    const auto a = condition(left);
    const auto b = condition(parse_relation());
    if (failed()) break;
    left = emit({.op = Op::and_, .a = a, .b = b}, offset);
  }
  return left;
}

Parser::Piece Parser::parse_relation() {
  Piece left = parse_unary();
  if (failed()) return left;
  const Token op = peek();
  if (is_comparison(op)) {
    ++at_;
    Piece right = parse_unary();
    if (failed()) return right;
    if (is_comparison(peek())) {
      return fail(peek().offset, "comparisons cannot be chained: join them with &&");
    }
    return compare(std::move(left), op, std::move(right));
  }
  if (is_word("in")) {
    ++at_;
    return parse_in(left);
  }
  if (is_call_word(op)) {
    ++at_;
    const Piece argument = parse_unary();
    return failed() ? argument : call(left, op, argument);
  }
  return left;
}

Parser::Piece Parser::parse_unary() {
  if (!is("!")) return parse_postfix();
  if (++nesting_ > max_nesting) return fail(peek().offset, "nested too deeply");
  const auto offset = peek().offset;
  ++at_;
  Piece inner = parse_unary();
  --nesting_;
  if (failed()) return inner;
  if (inner.is_value && inner.type != Type::boolean) {
    return fail(offset, "! needs a condition, and " + inner.shown + " is " +
                            std::string(describe(inner.type)) + ": write != or !( … )");
  }
  return negated(inner);
}

Parser::Piece Parser::parse_postfix() {
  Piece subject = parse_primary();
  while (!failed() && is(".")) {
    ++at_;
    const Token word = peek();
    if (!is_call_word(word)) {
      return fail(word.offset, "expected contains, startsWith, endsWith or matches after '.'" +
                                   suggestion(word.text, {std::begin(words), std::end(words)}));
    }
    ++at_;
    if (!expect("(", "after ." + word.text)) return {};
    const Piece argument = parse_or();
    if (failed() || !expect(")", "to close ." + word.text + "(")) return {};
    subject = call(subject, word, argument);
  }
  return subject;
}

Parser::Piece Parser::parse_primary() {
  const Token token = peek();
  Piece piece;
  piece.offset = token.offset;
  piece.shown = token.text;
  if (token.kind == Token::Kind::number) {
    ++at_;
    piece.is_value = true;
    piece.type = Type::number;
    piece.operand.number = token.number;
    return piece;
  }
  if (token.kind == Token::Kind::text) {
    ++at_;
    piece.is_value = true;
    piece.type = Type::text;
    piece.operand.kind = Operand::Kind::text;
    piece.operand.text = keep(token.text);
    piece.shown = "'" + token.text + "'";
    return piece;
  }
  if (is_word("true") || is_word("false")) {
    ++at_;
    piece.is_value = true;
    piece.type = Type::boolean;
    piece.operand.number = token.text == "true" ? 1 : 0;
    return piece;
  }
  if (token.kind == Token::Kind::name) return parse_variable();
  if (accept("(")) {
    piece = parse_or();
    if (!failed()) expect(")", "to close this '('");
    return piece;
  }
  if (is("[")) return fail(token.offset, "a list stands only after 'in'");
  if (token.kind == Token::Kind::end) {
    return fail(token.offset, "the condition ends here, but a value or a condition is missing");
  }
  return fail(token.offset, "expected a value, a variable or '(' before '" + token.text + "'");
}

Parser::Piece Parser::parse_variable() {
  const Token token = peek();
  ++at_;
  Piece piece;
  piece.is_value = true;
  piece.operand.kind = Operand::Kind::variable;
  piece.offset = token.offset;
  piece.shown = token.text;
  // "name.field", unless it is a call like .contains( … ).
  const bool dotted = is(".") && tokens_[at_ + 1].kind == Token::Kind::name && tokens_[at_ + 2].text != "(";
  if (dotted) piece.shown += "." + tokens_[at_ + 1].text;

  std::vector<std::string> valid;
  const VariableInfo* found = nullptr;
  for (const auto& info : variables()) {
    valid.emplace_back(info.name);
    if (info.name == piece.shown) found = &info;
  }
  for (const auto& provider : providers_) {
    for (const auto& fact : provider_facts()) {
      valid.push_back(provider + "." + std::string(fact.name));
      if (dotted && fact.name == tokens_[at_ + 1].text && equal_ignoring_case(provider, token.text)) {
        found = &fact;
        piece.operand.text = keep(provider);
      }
    }
  }
  if (found == nullptr) {
    return fail(token.offset, "unknown variable '" + piece.shown + "'" + valid_names(piece.shown, valid));
  }
  if (dotted) at_ += 2;
  piece.type = found->type;
  piece.operand.variable = found->variable;
  program_.reads_ |= std::uint64_t{1} << static_cast<unsigned>(found->variable);
  return found->type == Type::headers && is("[") ? parse_header(std::move(piece)) : piece;
}

Parser::Piece Parser::parse_header(Piece piece) {
  ++at_;
  const Token name = peek();
  if (name.kind != Token::Kind::text || name.text.empty()) {
    return fail(name.offset, "expected the header's name in quotes: headers['x-team']");
  }
  ++at_;
  if (!expect("]", "to close headers[")) return {};
  piece.type = Type::text;
  piece.operand.text = keep(lower(name.text));  // header names know no case
  piece.shown = "headers['" + name.text + "']";
  return piece;
}

Parser::Piece Parser::parse_in(const Piece& left) {
  if (!left.is_value || left.type == Type::list || left.type == Type::headers) {
    return fail(left.offset, "left of 'in' stands a single value");
  }
  if (!is("[")) {
    Piece right = parse_unary();
    if (failed()) return right;
    if (right.type == Type::list && right.is_value) {
      Token word;
      word.offset = left.offset;
      word.text = "contains";
      return call(right, word, left);
    }
    if (right.type == Type::headers && left.literal() && left.type == Type::text) {
      Operand name = left.operand;
      name.kind = Operand::Kind::variable;
      name.variable = Variable::headers;
      name.text = keep(lower(text(left.operand)));
      return emit({.op = Op::has_header, .right = name}, left.offset);
    }
    return fail(right.offset, "'in' needs a list: [ … ], keywords or headers");
  }
  ++at_;
  std::vector<Piece> members;
  while (!failed() && !is("]")) {
    Piece member = parse_primary();
    if (failed()) return member;
    if (!member.literal()) return fail(member.offset, "a list holds numbers and strings only");
    Piece subject = left;
    if (!unify(subject, member)) return {};
    members.push_back(std::move(member));
    if (members.size() > max_list) return fail(peek().offset, "this list is too long");
    if (!is("]") && !expect(",", "between members of a list")) return {};
  }
  if (!expect("]", "to close this list")) return {};
  if (members.empty()) return fail(peek().offset, "an empty list holds nothing: this is never true");

  Node node{.left = left.operand};
  node.count = static_cast<std::uint32_t>(members.size());
  if (left.type == Type::text) {
    node.op = Op::in_texts;
    node.first = static_cast<std::uint32_t>(program_.texts_.size());
    for (const auto& member : members) program_.texts_.push_back(std::string(text(member.operand)));
  } else {
    node.op = Op::in_numbers;
    node.first = static_cast<std::uint32_t>(program_.numbers_.size());
    for (const auto& member : members) program_.numbers_.push_back(member.operand.number);
  }
  return emit(node, left.offset);
}

std::optional<Program> parse(std::string_view condition, const std::vector<std::string>& providers,
                             Mistake& mistake) {
  mistake = {};
  auto tokens = split(condition, mistake);
  if (!mistake.message.empty()) return std::nullopt;
  return Parser(std::move(tokens), providers, mistake).run();
}

}  // namespace codecrucible::router::condition

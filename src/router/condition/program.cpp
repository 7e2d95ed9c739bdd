#include "router/condition/program.hpp"

#include "core/json_text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>

namespace codecrucible::router::condition {
namespace {

// memmem is linear; string_view::find can be quadratic.
bool holds_text(std::string_view text, std::string_view part) noexcept {
  return part.empty() || ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string spelled(double value) {
  std::string out;
  core::append_double(out, value);
  return out;
}

}  // namespace

bool Program::holds(const Scene& scene) const noexcept {
  return nodes_.empty() || value(root_, scene);
}

double Program::number(const Operand& operand, const Scene& scene) const noexcept {
  if (operand.kind != Operand::Kind::variable) return operand.number;
  return number_of(operand.variable, texts_.empty() ? std::string_view() : texts_[operand.text], scene);
}

std::string_view Program::text(const Operand& operand, const Scene& scene) const noexcept {
  const std::string_view own = texts_.empty() ? std::string_view() : texts_[operand.text];
  if (operand.kind != Operand::Kind::variable) return own;
  return text_of(operand.variable, own, scene).substr(0, max_subject_bytes);
}

// Recursion is as deep as the text was nested: at most max_nesting levels of parentheses, and chains of && or
// || are built as balanced left lists of at most max_nodes.
bool Program::value(std::uint32_t index, const Scene& scene) const noexcept {
  const Node& node = nodes_[index];
  switch (node.op) {
    case Op::or_:
      return value(node.a, scene) || value(node.b, scene);
    case Op::and_:
      return value(node.a, scene) && value(node.b, scene);
    case Op::not_:
      return !value(node.a, scene);
    case Op::same:
      return value(node.a, scene) == value(node.b, scene);
    case Op::truth:
      return number(node.left, scene) != 0;
    case Op::equal:
      return number(node.left, scene) == number(node.right, scene);
    case Op::less:
      return number(node.left, scene) < number(node.right, scene);
    case Op::less_equal:
      return number(node.left, scene) <= number(node.right, scene);
    case Op::in_numbers: {
      const auto begin = numbers_.begin() + node.first;
      return std::find(begin, begin + node.count, number(node.left, scene)) != begin + node.count;
    }
    case Op::equal_text:
      return text(node.left, scene) == text(node.right, scene);
    case Op::in_texts: {
      const auto begin = texts_.begin() + node.first;
      return std::find(begin, begin + node.count, text(node.left, scene)) != begin + node.count;
    }
    case Op::listed: {
      const auto list = list_of(node.left.variable, scene);
      return std::find(list.begin(), list.end(), text(node.right, scene)) != list.end();
    }
    case Op::contains:
      return holds_text(text(node.left, scene), text(node.right, scene));
    case Op::starts_with:
      return text(node.left, scene).starts_with(text(node.right, scene));
    case Op::ends_with:
      return text(node.left, scene).ends_with(text(node.right, scene));
    case Op::matches: {
      const auto subject = text(node.left, scene);
      return re2::RE2::PartialMatch(re2::StringPiece(subject.data(), subject.size()), *patterns_[node.first]);
    }
    case Op::has_header:
      return !text(node.right, scene).empty();
  }
  return false;
}

std::vector<std::string> Program::parts(Op op) const {
  std::vector<std::string> out;
  if (nodes_.empty()) return out;
  std::vector<std::uint32_t> open{root_};
  while (!open.empty()) {
    const Node& node = nodes_[open.back()];
    const auto index = open.back();
    open.pop_back();
    if (node.op == op) {
      open.push_back(node.a);
      open.push_back(node.b);
    } else {
      out.push_back(spelled(index));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string Program::spelled(const Operand& operand) const {
  switch (operand.kind) {
    case Operand::Kind::number:
      return condition::spelled(operand.number);
    case Operand::Kind::text:
      return quoted(texts_[operand.text]);
    case Operand::Kind::variable:
      break;
  }
  std::string out = "$" + std::to_string(static_cast<int>(operand.variable));
  const bool named = operand.variable == Variable::headers || operand.variable >= Variable::provider_healthy;
  return named ? out + "[" + quoted(texts_[operand.text]) + "]" : out;
}

std::string Program::spelled(std::uint32_t index) const {
  const Node& node = nodes_[index];
  std::string out = std::to_string(static_cast<int>(node.op)) + "(";
  switch (node.op) {
    case Op::or_:
    case Op::and_:
    case Op::same: {
      std::string a = spelled(node.a), b = spelled(node.b);
      if (b < a) std::swap(a, b);
      return out + a + "," + b + ")";
    }
    case Op::not_:
      return out + spelled(node.a) + ")";
    case Op::truth:
      return out + spelled(node.left) + ")";
    case Op::in_numbers:
    case Op::in_texts: {
      std::vector<std::string> members;
      for (auto i = node.first; i < node.first + node.count; ++i) {
        members.push_back(node.op == Op::in_numbers ? condition::spelled(numbers_[i]) : quoted(texts_[i]));
      }
      std::sort(members.begin(), members.end());
      out += spelled(node.left);
      for (const auto& member : members) out += "," + member;
      return out + ")";
    }
    case Op::matches:
      return out + spelled(node.left) + "," + quoted(patterns_[node.first]->pattern()) + ")";
    case Op::equal:
    case Op::equal_text: {
      std::string a = spelled(node.left), b = spelled(node.right);
      if (b < a) std::swap(a, b);
      return out + a + "," + b + ")";
    }
    default:
      return out + spelled(node.left) + "," + spelled(node.right) + ")";
  }
}

}  // namespace codecrucible::router::condition

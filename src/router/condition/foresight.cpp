#include "core/json_text.hpp"
#include "router/condition/program.hpp"

#include <algorithm>
#include <array>
#include <cmath>

// What a condition's values say before there is a request: `hour >= 25` is never true.
namespace codecrucible::router::condition {
namespace {

std::optional<bool> negated(std::optional<bool> value) {
  return value ? std::optional(!*value) : std::nullopt;
}

// `x < y` is `y > x`: how the operator reads with its sides swapped.
std::string_view symbol(Op op, bool swapped, bool wanted) noexcept {
  if (op == Op::equal) return wanted ? "==" : "!=";
  constexpr std::array<std::string_view, 4> symbols{"<", "<=", ">", ">="};
  const bool greater = swapped == wanted;  // swapped or negated, not both
  const bool or_equal = (op == Op::less_equal) == wanted;
  return symbols[(greater ? 2U : 0U) + (or_equal ? 1U : 0U)];
}

}  // namespace

std::string Program::shown(const Operand& variable) const {
  for (const auto& info : variables())
    if (info.variable == variable.variable) return std::string(info.name);
  for (const auto& fact : provider_facts())
    if (fact.variable == variable.variable) return texts_[variable.text] + "." + std::string(fact.name);
  return {};
}

std::string Program::shown(Variable variable, double value) const {
  for (const auto& info : variables()) {
    if (info.variable != variable || !is_set(info.type)) continue;
    const auto names = names_of(info.type);
    const auto at = value - range_of(variable).low;
    if (at >= 0 && at < static_cast<double>(names.size())) return names[static_cast<std::size_t>(at)];
  }
  std::string out;
  core::append_double(out, value);
  return out;
}

std::optional<Program::Bound> Program::bound_of(std::uint32_t index, bool wanted) const {
  while (nodes_[index].op == Op::not_) {
    index = nodes_[index].a;
    wanted = !wanted;
  }
  const Node& node = nodes_[index];
  if (node.op != Op::equal && node.op != Op::less && node.op != Op::less_equal) return std::nullopt;
  const bool swapped = node.right.kind == Operand::Kind::variable;
  const Operand& variable = swapped ? node.right : node.left;
  const Operand& literal = swapped ? node.left : node.right;
  if (variable.kind != Operand::Kind::variable || literal.kind != Operand::Kind::number) return std::nullopt;
  if (node.op == Op::equal && !wanted) return std::nullopt;
  const auto sign = symbol(node.op, swapped, wanted);
  Bound bound{variable, range_of(variable.variable), {}};
  auto& range = bound.range;
  const double value = literal.number;
  const bool strict = sign.size() == 1;
  if (sign[0] != '<') {
    const double least = range.whole && strict ? std::floor(value) + 1 : value;
    range.low_open = range.low_open || (strict && !range.whole && least >= range.low);
    range.low = std::max(range.low, range.whole ? std::ceil(least) : least);
  }
  if (sign[0] != '>') {
    const double most = range.whole && strict ? std::ceil(value) - 1 : value;
    range.high_open = range.high_open || (strict && !range.whole && most <= range.high);
    range.high = std::min(range.high, range.whole ? std::floor(most) : most);
  }
  bound.shown = shown(variable) + " " + std::string(sign) + " " + shown(variable.variable, value);
  return bound;
}

void Program::collect(std::uint32_t index, std::vector<Bound>& bounds) const {
  const Node& node = nodes_[index];
  if (node.op == Op::and_) {
    collect(node.a, bounds);
    collect(node.b, bounds);
  } else if (auto bound = bound_of(index, true)) {
    bounds.push_back(std::move(*bound));
  }
}

// Two comparisons of one variable, both needed, that no value fulfils.
std::optional<std::string> Program::clash(std::uint32_t index) const {
  std::vector<Bound> bounds;
  collect(index, bounds);
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (spelled(bounds[i].variable) != spelled(bounds[j].variable)) continue;
      if (bounds[i].range.empty() || bounds[j].range.empty()) continue;  // said of each alone
      if (!bounds[i].range.with(bounds[j].range).empty()) continue;
      std::string out = bounds[j].shown + " and " + bounds[i].shown + " are never true together";
      if (bounds[i].variable.variable == Variable::hour) out += "; a span over midnight is written with ||";
      return out;
    }
  }
  return std::nullopt;
}

std::optional<bool> Program::foreseen(std::uint32_t index) const {
  const Node& node = nodes_[index];
  switch (node.op) {
    case Op::or_:
    case Op::and_: {
      const bool settles = node.op == Op::or_;
      if (!settles && clash(index)) return false;
      const auto a = foreseen(node.a), b = foreseen(node.b);
      if (a == settles || b == settles) return settles;
      return a && b ? std::optional(!settles) : std::nullopt;
    }
    case Op::not_:
      return negated(foreseen(node.a));
    case Op::in_numbers: {
      if (node.left.kind != Operand::Kind::variable) return std::nullopt;
      const auto range = range_of(node.left.variable);
      const auto begin = numbers_.begin() + node.first;
      const bool possible = std::any_of(begin, begin + node.count, [&range](double member) {
        return member >= range.low && member <= range.high && (!range.whole || std::floor(member) == member);
      });
      return possible ? std::nullopt : std::optional(false);
    }
    default:
      break;
  }
  const auto wanted = bound_of(index, true);
  if (wanted && wanted->range.empty()) return false;
  const auto other = bound_of(index, false);
  if (other && other->range.empty()) return true;
  return std::nullopt;
}

void Program::find_hopeless(std::uint32_t index, bool wanted, std::vector<std::string>& out) const {
  const Node& node = nodes_[index];
  if (node.op == Op::not_) return find_hopeless(node.a, !wanted, out);
  if (node.op == Op::and_ || node.op == Op::or_) {
    find_hopeless(node.a, wanted, out);
    find_hopeless(node.b, wanted, out);
    if (node.op == Op::and_ && wanted)
      if (auto both = clash(index); both && std::find(out.begin(), out.end(), *both) == out.end())
        out.push_back(std::move(*both));
    return;
  }
  if (node.op == Op::in_numbers && wanted && foreseen(index) == false) {
    out.push_back("nothing in this list is a value of " + shown(node.left) + ", which is " +
                  spelled(range_of(node.left.variable)));
    return;
  }
  const auto bound = bound_of(index, wanted);
  if (!bound || !bound->range.empty()) return;
  out.push_back(bound->shown + ", but " + shown(bound->variable) + " is " +
                spelled(range_of(bound->variable.variable)));
}

std::string Program::spelled(const Range& range) const {
  std::string out;
  core::append_double(out, range.low);
  if (std::isinf(range.high)) return out + " or more";
  out += " to ";
  core::append_double(out, range.high);
  return out;
}

std::optional<bool> Program::constant() const {
  if (nodes_.empty()) return true;
  if (reads_ != 0) return foreseen(root_);
  const Facts facts;
  const core::FleetView fleet;
  return holds({facts, fleet});
}

std::vector<std::string> Program::hopeless() const {
  std::vector<std::string> out;
  if (!nodes_.empty()) find_hopeless(root_, true, out);
  return out;
}

}  // namespace codecrucible::router::condition

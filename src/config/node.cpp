#include "config/node.hpp"

#include <charconv>

namespace codecrucible::config {

Node Node::scalar(std::string text, bool quoted) {
  Node node;
  node.kind = Kind::scalar;
  node.text = std::move(text);
  node.quoted = quoted;
  return node;
}

Node Node::list() {
  Node node;
  node.kind = Kind::list;
  return node;
}

Node Node::map() {
  Node node;
  node.kind = Kind::map;
  return node;
}

const Node* Node::find(std::string_view name) const noexcept {
  for (const Member& member : members)
    if (member.name.text == name) return &member.value;
  return nullptr;
}

Node* Node::find(std::string_view name) noexcept {
  for (Member& member : members)
    if (member.name.text == name) return &member.value;
  return nullptr;
}

void Node::set(std::string name, Node value) {
  kind = Kind::map;
  Member member;
  member.name.text = std::move(name);
  member.value = std::move(value);
  members.push_back(std::move(member));
}

namespace {

const Node* member_or_longest(const Node& at, std::string_view& rest) noexcept {
  // Names may hold dots ("qwen2.5:72b"), so the longest member that fits is taken.
  const Node* best = nullptr;
  std::size_t length = 0;
  for (const Node::Member& member : at.members) {
    const std::string& name = member.name.text;
    const bool fits = rest.starts_with(name) &&
                      (rest.size() == name.size() || rest[name.size()] == '.' || rest[name.size()] == '[');
    if (fits && name.size() >= length) {
      best = &member.value;
      length = name.size();
    }
  }
  if (best) rest.remove_prefix(length);
  return best;
}

}  // namespace

const Node& nearest_at(const Node& root, std::string_view path) noexcept {
  const Node* at = &root;
  while (!path.empty()) {
    if (path.front() == '.') path.remove_prefix(1);
    if (path.starts_with('[')) {
      const std::size_t close = path.find(']');
      if (close == std::string_view::npos) return *at;
      std::size_t index = 0;
      const auto read = std::from_chars(path.data() + 1, path.data() + close, index);
      if (read.ec != std::errc{} || index >= at->items.size()) return *at;
      at = &at->items[index];
      path.remove_prefix(close + 1);
      continue;
    }
    const Node* const next = member_or_longest(*at, path);
    if (!next) return *at;
    at = next;
  }
  return *at;
}

void merge(Node& base, const Node& over) {
  if (over.is_null()) return;
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  for (const Node::Member& member : over.members) {
    if (Node* const known = base.find(member.name.text)) {
      merge(*known, member.value);
    } else {
      base.members.push_back(member);
    }
  }
}

}  // namespace codecrucible::config

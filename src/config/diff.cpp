#include "config/draft.hpp"
#include "config/load.hpp"
#include "config/yaml.hpp"

#include <algorithm>

namespace codecrucible::config {
namespace {

// A value on one line: `{condition: …, target: ollama}`.
std::string flow(const Node& node) {
  if (node.is_null()) return {};
  if (node.is_scalar()) return node.secret && !node.text.empty() ? "********" : node.text;
  std::string out;
  for (const Node& item : node.items) out += (out.empty() ? "" : ", ") + flow(item);
  for (const Node::Member& member : node.members) {
    const std::string value = flow(member.value);
    // In a whole entry that came or went, only what says something.
    if (!value.empty() && value != "false" && value != "[]" && value != "{}")
      out += (out.empty() ? "" : ", ") + member.name.text + ": " + value;
  }
  return node.is_list() ? "[" + out + "]" : "{" + out + "}";
}

bool flat(const Node& list) {
  return std::all_of(list.items.begin(), list.items.end(), [](const Node& item) { return item.is_scalar(); });
}

void compare(const Node& a, const Node& b, const std::string& path, std::vector<Change>& changes) {
  static const Node nothing;
  if (a.is_map() && b.is_map()) {
    const std::string stem = path.empty() ? "" : path + ".";
    for (const Node::Member& member : a.members) {
      const Node* const other = b.find(member.name.text);
      compare(member.value, other ? *other : nothing, stem + member.name.text, changes);
    }
    for (const Node::Member& member : b.members)
      if (!a.find(member.name.text)) compare(nothing, member.value, stem + member.name.text, changes);
    return;
  }
  if (a.is_list() && b.is_list() && !(flat(a) && flat(b))) {
    for (std::size_t i = 0; i < std::max(a.items.size(), b.items.size()); ++i)
      compare(i < a.items.size() ? a.items[i] : nothing, i < b.items.size() ? b.items[i] : nothing,
              path + "[" + std::to_string(i) + "]", changes);
    return;
  }
  const std::string before = flow(a);
  const std::string after = flow(b);
  const bool hidden = a.is_scalar() && b.is_scalar() && a.secret && a.text != b.text;  // masks look alike
  if (before != after || hidden) changes.push_back({path, before, after});
}

}  // namespace

std::vector<Change> diff(const Settings& before, const Settings& after) {
  std::vector<Change> changes;
  compare(tree_of(before), tree_of(after), "", changes);
  return changes;
}

std::string to_string(const Change& change) {
  const auto word = [](const std::string& value) { return value.empty() ? std::string("(nothing)") : value; };
  return change.path + ": " + word(change.before) + " -> " + word(change.after);
}

}  // namespace codecrucible::config

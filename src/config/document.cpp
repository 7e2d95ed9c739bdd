#include "config/draft.hpp"
#include "config/load.hpp"
#include "config/yaml.hpp"

namespace codecrucible::config {
namespace {

using Kind = Type::Kind;

std::string wrapped(const std::string& text, const std::string& prefix) {
  constexpr std::size_t width = 110;
  std::string out;
  std::string line = prefix;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.find(' ', at);
    if (end == std::string::npos) end = text.size();
    if (line.size() + (end - at) > width && line.size() > prefix.size()) {
      out += line.substr(0, line.size() - 1) + "\n";
      line = prefix;
    }
    line += text.substr(at, end - at) + " ";
    at = end + 1;
  }
  return out + line.substr(0, line.size() - 1) + "\n";
}

std::string remark(const Key& key) {
  const std::string extra = limits(key.type);
  return extra.empty() ? key.doc : key.doc + " [" + extra + "]";
}

bool entry_is_map(const Type& type) {
  return type.element && (type.kind == Kind::list || type.kind == Kind::map) &&
         type.element->kind == Kind::object;
}

// The keys of one entry of a list, as comments.
std::string entry_keys(const Shape& shape, const std::string& prefix) {
  std::string out;
  for (const Key& key : shape) {
    out += wrapped(key.name + ": " + (key.required ? "(needed) " : "") + remark(key), prefix);
    if (key.type.kind == Kind::object) out += entry_keys(*key.type.shape, prefix + "  ");
  }
  return out;
}

std::string map_text(const Shape& shape, const Node& node, int indent);

std::string key_text(const Key& key, const Node& value, int indent) {
  const std::string pad(static_cast<std::size_t>(indent), ' ');
  std::string out = wrapped(remark(key), pad + "# ");
  if (key.type.kind == Kind::object)
    return out + pad + key.name + ":\n" + map_text(*key.type.shape, value, indent + 2);
  if (entry_is_map(key.type)) {
    out += pad + "# Each entry:\n" + entry_keys(*key.type.element->shape, pad + "#   ");
  }
  if (!key.example.empty()) out += pad + "# Example: " + key.name + ": " + key.example + "\n";
  if (value.is_null()) return out + pad + "# " + key.name + ":\n";
  Node one = Node::map();
  one.set(key.name, value);
  return out + yaml_text(one, indent);
}

std::string map_text(const Shape& shape, const Node& node, int indent) {
  std::string out;
  for (const Key& key : shape) {
    if (indent == 2) out += "\n";
    out += key_text(key, *node.find(key.name), indent);
  }
  return out;
}

// What is empty is left out, unless its default is not: then leaving it out would bring the default back.
Node without_empty(const Node& node, const Node* defaults = nullptr) {
  const auto empty = [](const Node& value) {
    return value.is_null() || (value.is_scalar() && value.text.empty()) ||
           (value.is_list() && value.items.empty()) || (value.is_map() && value.members.empty());
  };
  Node out = node;
  out.members.clear();
  out.items.clear();
  for (const Node::Member& member : node.members) {
    const Node* const otherwise = defaults ? defaults->find(member.name.text) : nullptr;
    const bool matters = otherwise && !empty(*otherwise);
    if (empty(member.value) && !matters) continue;
    out.members.push_back({member.name, without_empty(member.value, otherwise)});
  }
  for (const Node& item : node.items) out.items.push_back(without_empty(item));
  return out;
}

// Entries of lists of maps (rules, providers, keys) show only what differs from an entry that says nothing.
Node shortened(const Shape& shape, const Node& node);

Node short_entries(const Type& type, const Node& node) {
  if (type.kind == Kind::object) return shortened(*type.shape, node);
  if (!entry_is_map(type)) return node;
  Node out = node;
  for (Node& item : out.items) item = without_empty(item);
  for (Node::Member& member : out.members) member.value = without_empty(member.value);
  return out;
}

Node shortened(const Shape& shape, const Node& node) {
  Node out = node;
  for (const Key& key : shape)
    if (Node* const value = out.find(key.name)) *value = short_entries(key.type, *value);
  return out;
}

// Flags at rest are left out of the rules in the documented file.
void drop_resting(Node& tree) {
  Node* const routing = tree.find("routing");
  Node* const rules = routing ? routing->find("rules") : nullptr;
  if (!rules) return;
  for (Node& rule : rules->items) {
    std::erase_if(rule.members, [](const Node::Member& m) {
      const bool flag = m.name.text == "localOnly" || m.name.text == "only" || m.name.text == "always";
      return (flag && m.value.text == "false") || (m.name.text == "enabled" && m.value.text == "true") ||
             (m.name.text == "stickBy" && m.value.text == "conversation");
    });
  }
}

void rows_of(const Shape& shape, const Node* defaults, const std::string& path, std::string& out) {
  for (const Key& key : shape) {
    const std::string name = path.empty() ? key.name : path + "." + key.name;
    const Node* const value = defaults ? defaults->find(key.name) : nullptr;
    if (key.type.kind == Kind::object) {
      rows_of(*key.type.shape, value, name, out);
      continue;
    }
    const bool shown = value && value->is_scalar();
    out += "| `" + name + "` | " + describe(key.type) + " | " +
           (shown ? "`" + yaml_scalar(*value) + "`" : std::string("")) + " | " + key.doc + " |\n";
    if (entry_is_map(key.type))
      rows_of(*key.type.element->shape, nullptr, name + (key.type.kind == Kind::list ? "[]" : ".*"), out);
  }
}

}  // namespace

std::string documented_defaults() {
  std::string out =
      "# The config of codecrucible: every key with its default. Changes take effect when the file is "
      "saved.\n"
      "# A key that is absent has the value shown here, so delete what you do not change.\n"
      "# Durations: 500ms, 30s, 5m, 2h, 7d; a bare number counts milliseconds. Sizes: 512KiB, 64MiB, 2GiB;\n"
      "# a bare number counts bytes. ${NAME} and ${NAME:-default} are environment variables; $$ is a dollar\n"
      "# sign. In brackets: what is allowed. `codecrucible config check` tells what is wrong and where;\n"
      "# `codecrucible config schema` gives editors completion.\n"
      "hybrid:\n";
  Node tree = shortened(table(), tree_of(defaults()));
  drop_resting(tree);
  std::string body = map_text(table(), tree, 2);
  return out + body.substr(1);
}

std::string reference() {
  const Node tree = tree_of(defaults());
  std::string out = "| key | value | default | meaning |\n|---|---|---|---|\n";
  rows_of(table(), &tree, "", out);
  return out;
}

std::string to_yaml(const Settings& settings) {
  Node tree = shortened(table(), tree_of(settings));
  drop_resting(tree);
  Node whole = Node::map();
  const Node rest = tree_of(defaults());
  whole.set("hybrid", without_empty(tree, &rest));
  return yaml_text(whole);
}

}  // namespace codecrucible::config

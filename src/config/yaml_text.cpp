#include "config/yaml.hpp"

#include <algorithm>
#include <cctype>

namespace codecrucible::config {
namespace {

bool looks_like_name(std::string_view text) noexcept {
  if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '_')) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// True if a reader could take the plain text for something else than this text.
bool needs_quotes(std::string_view text) noexcept {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':' || text.back() == '?')
    return true;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`~").find(text.front()) != std::string_view::npos) return true;
  if (text.find("? ") != std::string_view::npos) return true;  // begins a key inside [ ]
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return true;
  if (text.find_first_of(",[]{}") != std::string_view::npos) return true;  // would end it inside [ ] or { }
  if (text.find("${") != std::string_view::npos || text.find("$$") != std::string_view::npos) return true;
  for (const std::string_view word : {"null", "true", "false", "yes", "no", "on", "off", "~"})
    if (text == word) return true;
  const bool number = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isdigit(c) || c == '.' || c == 'e' || c == '+';
  });
  return number || std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}

// Keys are not expanded, so a dollar sign there stands for itself.
std::string quoted(std::string_view text, bool key) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '$' && !key) {
      out += "$$";
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 127) {
      constexpr char digits[] = "0123456789abcdef";
      out += "\\x";
      out += digits[(static_cast<unsigned char>(c) >> 4U) & 15U];
      out += digits[static_cast<unsigned char>(c) & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

// What ${…} at `at` stands for; appends it and gives the position behind it.
std::size_t expand_one(std::string_view text, std::size_t at, const Surroundings& around, std::string& out,
                       std::string& trouble) {
  const std::size_t close = text.find('}', at);
  if (close == std::string_view::npos) {
    trouble = "'${' without '}'";
    return text.size();
  }
  std::string_view inner = text.substr(at + 2, close - at - 2);
  std::optional<std::string_view> otherwise;
  if (const std::size_t split = inner.find(":-"); split != std::string_view::npos) {
    otherwise = inner.substr(split + 2);
    inner = inner.substr(0, split);
  }
  if (!looks_like_name(inner)) {
    trouble = "'" + std::string(inner) + "' is no name of an environment variable";
    return close + 1;
  }
  const std::optional<std::string> value = around.variable ? around.variable(inner) : std::nullopt;
  if (value && !(value->empty() && otherwise)) {
    out += *value;
  } else if (otherwise) {
    out += *otherwise;
  } else {
    trouble = "environment variable " + std::string(inner) + " is not set";
  }
  return close + 1;
}

}  // namespace

void expand(Node& node, const Surroundings& around, const std::vector<std::string>& files,
            std::vector<Problem>& problems) {
  for (Node& item : node.items) expand(item, around, files, problems);
  for (Node::Member& member : node.members) expand(member.value, around, files, problems);
  if (!node.is_scalar() || node.text.find('$') == std::string::npos) return;
  std::string out;
  std::string trouble;
  const std::string text = std::move(node.text);
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 2, "$$") == 0) {
      out += '$';
      at += 2;
    } else if (text.compare(at, 2, "${") == 0) {
      node.expanded = true;
      at = expand_one(text, at, around, out, trouble);
    } else {
      out += text[at++];
    }
  }
  node.text = std::move(out);
  node.expanded = node.expanded || node.text.size() != text.size();
  if (node.expanded && node.text.empty() && !node.quoted) node.kind = Node::Kind::null;
  if (trouble.empty() || problems.size() >= 100) return;
  Problem problem;
  problem.file = files[static_cast<std::size_t>(node.source)];
  problem.line = node.line;
  problem.column = node.column;
  problem.message = trouble;
  problem.hint = "write ${NAME:-value} to give a default";
  problems.push_back(std::move(problem));
}

std::string yaml_scalar(const Node& scalar) {
  if (scalar.secret && !scalar.text.empty()) return "\"********\"";
  if (scalar.is_null()) return "null";
  // `quoted` says that it is text; a number or a word with a meaning is written as it is.
  return scalar.quoted && needs_quotes(scalar.text) ? quoted(scalar.text, false) : scalar.text;
}

std::string yaml_text(const Node& node, int indent) {
  const std::string pad(static_cast<std::size_t>(indent), ' ');
  std::string out;
  const auto child = [&](const Node& value) {
    if (value.is_map() && !value.members.empty()) return "\n" + yaml_text(value, indent + 2);
    if (value.is_list() && !value.items.empty()) {
      const bool flat = std::all_of(value.items.begin(), value.items.end(),
                                    [](const Node& item) { return item.is_scalar(); });
      if (!flat) return "\n" + yaml_text(value, indent + 2);
      std::string line = " [";
      for (const Node& item : value.items) line += (line.size() > 2 ? ", " : "") + yaml_scalar(item);
      return line + "]\n";
    }
    if (value.is_map()) return std::string(" {}\n");
    if (value.is_list()) return std::string(" []\n");
    return " " + yaml_scalar(value) + "\n";
  };
  for (const Node::Member& member : node.members) {
    const std::string& name = member.name.text;
    out += pad + (needs_quotes(name) || name == "<<" ? quoted(name, true) : name) + ":" + child(member.value);
  }
  for (const Node& item : node.items) {
    const bool nested = !item.members.empty() || !item.items.empty();
    std::string text = nested ? yaml_text(item, indent + 2) : pad + " " + child(item);
    text[static_cast<std::size_t>(indent)] = '-';
    out += text;
  }
  return out;
}

}  // namespace codecrucible::config

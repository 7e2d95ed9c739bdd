#include "config/reader.hpp"

#include "config/units.hpp"

#include <algorithm>

namespace codecrucible::config {
namespace {

const Key* key_called(const Shape& shape, std::string_view name) {
  for (const Key& key : shape) {
    if (key.name == name) return &key;
    if (std::find(key.also.begin(), key.also.end(), name) != key.also.end()) return &key;
  }
  return nullptr;
}

// Path of the section that has a key of this name, anywhere in the table; empty if none.
std::string home_of(const Shape& shape, std::string_view name, const std::string& path) {
  for (const Key& key : shape) {
    if (!path.empty() && key.name == name) return path;
    if (key.type.kind != Type::Kind::object) continue;
    const std::string found = home_of(*key.type.shape, name, path.empty() ? key.name : path + "." + key.name);
    if (!found.empty()) return found;
  }
  return {};
}

std::string kind_of(const Node& node) {
  if (node.is_list()) return "a list";
  if (node.is_map()) return "a map";
  if (node.is_null()) return "nothing";
  if (node.expanded) return "the value from the environment";  // may be a secret in the wrong place
  std::string text = node.text.size() > 40 ? node.text.substr(0, 37) + "..." : node.text;
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return (node.quoted ? "the text \"" : "'") + text + (node.quoted ? "\"" : "'");
}

bool is_yes(std::string_view text) {
  constexpr std::string_view words[] = {"true", "yes", "on", "True", "TRUE"};
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}
bool is_no(std::string_view text) {
  constexpr std::string_view words[] = {"false", "no", "off", "False", "FALSE"};
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& words) {
  const std::size_t limit = std::max<std::size_t>(2, word.size() / 3);
  if (word.size() > 64) return {};
  std::string best;
  std::size_t best_distance = limit + 1;
  for (const std::string& other : words) {
    const std::size_t d = distance(word, other, limit);
    if (d < best_distance && d < std::max(word.size(), other.size())) {
      best = other;
      best_distance = d;
    }
  }
  return best;
}

void Reader::wrong(const Node& at, std::string message, std::string hint) {
  if (problems_.size() >= max_problems) return;
  Problem problem;
  problem.file = files_[static_cast<std::size_t>(at.source)];
  problem.line = at.line;
  problem.column = at.column;
  problem.path = path_;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  problems_.push_back(std::move(problem));
}

void Reader::wrong_type(const Node& at, const Type& type) {
  const std::string given = type.secret ? "this value" : kind_of(at);
  wrong(at, given + " does not fit here", "expected " + describe(type));
}

void Reader::out_of_range(const Node& node, const Type& type) {
  wrong(node, kind_of(node) + " is out of range", "expected " + describe(type));
}

void Reader::unknown_key(const Shape& shape, const Node::Member& member, const Node& map) {
  if (problems_.size() >= max_problems) return;  // looking for near names costs time
  std::vector<std::string> names;
  for (const Key& key : shape) {
    names.push_back(key.name);
    names.insert(names.end(), key.also.begin(), key.also.end());
  }
  std::string hint;
  if (const std::string near = nearest(member.name.text, names); !near.empty()) {
    hint = "did you mean '" + near + "'?";
  } else if (const std::string home = home_of(table(), member.name.text, ""); !home.empty()) {
    hint = "it belongs under '" + home + "'";
  } else {
    hint = "known here: ";
    for (std::size_t i = 0; i < names.size(); ++i) hint += (i ? ", " : "") + names[i];
  }
  Node place;
  place.line = member.name.line;
  place.column = member.name.column;
  place.source = map.source != member.value.source ? member.value.source : map.source;
  const std::string name = member.name.text.substr(0, 64);
  wrong(place, "unknown key '" + name + "'", hint);
}

void Reader::read(const Shape& shape, const Node& node, void* object) {
  if (node.is_null()) return;
  if (!node.is_map()) {
    wrong(node, kind_of(node) + " does not fit here", "expected a map of keys");
    return;
  }
  for (const Node::Member& member : node.members) {
    const Key* const key = key_called(shape, member.name.text);
    if (!key) {
      unknown_key(shape, member, node);
      continue;
    }
    const Step step(*this, "." + key->name);
    if (!member.value.is_null()) key->read(object, member.value, *this);
  }
  for (const Key& key : shape) {
    if (!key.required) continue;
    const Node* const given = node.find(key.name);
    const bool other = std::any_of(key.also.begin(), key.also.end(),
                                   [&](const std::string& name) { return node.find(name) != nullptr; });
    if ((!given || given->is_null()) && !other)
      wrong(node, "'" + key.name + "' is missing", "it is " + describe(key.type));
  }
}

std::optional<bool> Reader::boolean(const Node& node, const Type& type) {
  if (plain(node)) {
    if (is_yes(node.text)) return true;
    if (is_no(node.text)) return false;
  }
  wrong_type(node, type);
  return std::nullopt;
}

std::optional<std::int64_t> Reader::integer(const Node& node, const Type& type) {
  const std::optional<std::int64_t> value = plain(node) ? integer_of(node.text) : std::nullopt;
  if (!value) {
    wrong_type(node, type);
    return std::nullopt;
  }
  const auto as_number = static_cast<double>(*value);
  if (as_number < type.min || as_number > type.max) {
    out_of_range(node, type);
    return std::nullopt;
  }
  return value;
}

std::optional<double> Reader::number(const Node& node, const Type& type) {
  const std::optional<double> value = plain(node) ? number_of(node.text) : std::nullopt;
  if (!value) {
    wrong_type(node, type);
    return std::nullopt;
  }
  if (*value < type.min || *value > type.max) {
    out_of_range(node, type);
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> Reader::text(const Node& node, const Type& type) {
  if (!node.is_scalar()) {
    wrong_type(node, type);
    return std::nullopt;
  }
  const bool harmful = std::any_of(node.text.begin(), node.text.end(), [](unsigned char c) {
    return c == 0 || c == 127 || (c < ' ' && c != '\n' && c != '\t');
  });
  if (harmful) {
    wrong(node, "the text holds control characters");
    return std::nullopt;
  }
  if (static_cast<double>(node.text.size()) < type.min) {
    wrong_type(node, type);
    return std::nullopt;
  }
  return node.text;
}

std::optional<milliseconds> Reader::duration(const Node& node, const Type& type) {
  const std::optional<milliseconds> value =
      node.is_scalar() ? duration_of(node.text, type.bare) : std::nullopt;
  if (!value) {
    wrong(node, kind_of(node) + " is no duration",
          "write 500ms, 30s, 5m, 2h or 7d; expected " + describe(type));
    return std::nullopt;
  }
  const auto count = static_cast<double>(value->count());
  if (count < type.min || count > type.max) {
    out_of_range(node, type);
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> Reader::bytes(const Node& node, const Type& type) {
  const std::optional<std::uint64_t> value = node.is_scalar() ? bytes_of(node.text) : std::nullopt;
  if (!value) {
    wrong(node, kind_of(node) + " is no size", "write 512KiB, 64MiB or 2GiB; expected " + describe(type));
    return std::nullopt;
  }
  if (static_cast<double>(*value) < type.min || static_cast<double>(*value) > type.max) {
    out_of_range(node, type);
    return std::nullopt;
  }
  return value;
}

std::optional<std::size_t> Reader::choice(const Node& node, const Type& type) {
  if (node.is_scalar())
    for (std::size_t i = 0; i < type.choices.size(); ++i)
      if (type.choices[i] == node.text) return i;
  // Where true and false are among them, their other spellings are understood, too.
  if (plain(node)) {
    const bool yes = is_yes(node.text), no = is_no(node.text);
    for (std::size_t i = 0; i < type.choices.size(); ++i)
      if ((yes && type.choices[i] == "true") || (no && type.choices[i] == "false")) return i;
  }
  std::vector<std::string> words(type.choices.begin(), type.choices.end());
  const std::string near = node.is_scalar() ? nearest(node.text, words) : std::string();
  wrong(node, kind_of(node) + " is not among the choices",
        "expected " + describe(type) + (near.empty() ? "" : "; did you mean '" + near + "'?"));
  return std::nullopt;
}

}  // namespace codecrucible::config

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace codecrucible::config {

// A piece of YAML as far as a config needs it: where it stands, and either text, a list or a map. Also the
// form in which settings are shown again, then without places.
struct Node {
  enum class Kind : unsigned char { null, scalar, list, map };

  struct Name {
    std::string text;
    int line = 0, column = 0;
  };
  struct Member;

  Kind kind = Kind::null;
  bool quoted = false;    // "12" is text, 12 a number
  bool expanded = false;  // an environment variable was put in: offsets no longer tell columns
  bool secret = false;    // never to be shown
  int line = 0, column = 0;
  int source = 0;  // 0 = the config itself, 1 = the profile's overlay
  std::string text;
  std::vector<Node> items;
  std::vector<Member> members;

  static Node scalar(std::string text, bool quoted = false);
  static Node list();
  static Node map();

  bool is_null() const noexcept { return kind == Kind::null; }
  bool is_scalar() const noexcept { return kind == Kind::scalar; }
  bool is_list() const noexcept { return kind == Kind::list; }
  bool is_map() const noexcept { return kind == Kind::map; }

  const Node* find(std::string_view name) const noexcept;
  Node* find(std::string_view name) noexcept;
  void set(std::string name, Node value);
};

struct Node::Member {
  Name name;
  Node value;
};

// The node at "routing.rules[2].target", or the innermost one on the way there that exists.
const Node& nearest_at(const Node& root, std::string_view path) noexcept;

// `over` laid on `base`: maps are merged, all else is replaced. Nulls in `over` change nothing.
void merge(Node& base, const Node& over);

}  // namespace codecrucible::config

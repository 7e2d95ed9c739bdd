#include "config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace codecrucible::config {
namespace {

struct Stop {
  YAML::Mark mark;
  std::string message, hint;
};

// Builds the tree from the parser's events: bounded, with the place of every key and value.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(int source) : source_(source) {}

  Node root;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(placed(Node{}, mark), anchor, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Stop{mark, "this alias stands inside the value it names", ""};
    Node copy = known->second.first;
    spend(known->second.second, mark);
    add(std::move(copy), mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = placed(Node::scalar(value, tag != "?"), mark);
    if (tag == "?" && (value == "~" || value == "null" || value.empty())) node.kind = Node::Kind::null;
    leaf(std::move(node), anchor, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(placed(Node::list(), mark), anchor, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(placed(Node::map(), mark), anchor, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t spent_before = 0;
    YAML::Mark mark;
    bool has_name = false;
    Node::Name name;
  };

  Node placed(Node node, const YAML::Mark& mark) const {
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    node.source = source_;
    return node;
  }

  void spend(std::size_t nodes, const YAML::Mark& mark) {
    spent_ += nodes;
    if (spent_ > max_config_nodes)
      throw Stop{mark, "the config unfolds to more than " + std::to_string(max_config_nodes) + " values",
                 "aliases that repeat large parts multiply"};
  }

  void leaf(Node node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    spend(1, mark);
    if (anchor) anchors_.insert_or_assign(anchor, std::pair{node, std::size_t{1}});
    add(std::move(node), mark);
  }

  void open(Node node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    spend(1, mark);
    if (frames_.size() >= static_cast<std::size_t>(max_config_depth))
      throw Stop{mark, "nested deeper than " + std::to_string(max_config_depth) + " levels", ""};
    if (!frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_name)
      throw Stop{mark, "a key has to be plain text", ""};
    frames_.push_back({std::move(node), anchor, spent_, mark, false, {}});
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.anchor)
      anchors_.insert_or_assign(frame.anchor, std::pair{frame.node, spent_ - frame.spent_before + 1});
    add(std::move(frame.node), frame.mark);
  }

  void add(Node node, const YAML::Mark& mark) {
    if (frames_.empty()) {
      root = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_name) {
      if (!node.is_scalar()) throw Stop{mark, "a key has to be plain text", ""};
      frame.name = {std::move(node.text), node.line, node.column};
      frame.has_name = true;
    } else {
      frame.has_name = false;
      put(frame.node, std::move(frame.name), std::move(node), mark);
    }
  }

  static void put(Node& map, Node::Name name, Node value, const YAML::Mark& mark) {
    if (name.text == "<<") {
      merge_in(map, value, mark);
      return;
    }
    for (const Node::Member& member : map.members) {
      if (member.name.text != name.text) continue;
      YAML::Mark at;
      at.line = name.line - 1;
      at.column = name.column - 1;
      throw Stop{at, "key '" + name.text + "' stands here twice",
                 "the first one is in line " + std::to_string(member.name.line)};
    }
    map.members.push_back({std::move(name), std::move(value)});
  }

  // `<<: *base` or `<<: [*a, *b]`: members that are not there yet. Keys that follow may not repeat them.
  static void merge_in(Node& map, const Node& value, const YAML::Mark& mark) {
    if (value.is_list()) {
      for (const Node& item : value.items) merge_in(map, item, mark);
      return;
    }
    if (!value.is_map()) throw Stop{mark, "'<<' takes a map or a list of maps", ""};
    for (const Node::Member& member : value.members)
      if (!map.find(member.name.text)) map.members.push_back(member);
  }

  int source_;
  std::size_t spent_ = 0;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchors_;  // what it names, and of how many nodes
};

Problem problem_at(const Source& source, int line, int column, std::string message, std::string hint = {}) {
  Problem problem;
  problem.file = source.name;
  problem.line = line;
  problem.column = column;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  return problem;
}

// Tabs look like blanks and are the commonest reason of the parser's riddles.
std::string tab_hint(const std::string& text, int line) {
  std::istringstream lines(text);
  std::string each;
  for (int number = 1; std::getline(lines, each); ++number) {
    if (number < line - 1) continue;
    const auto first = each.find_first_not_of(' ');
    if (first != std::string::npos && each[first] == '\t')
      return "line " + std::to_string(number) + " is indented with a tab: YAML takes blanks only";
    if (number > line) break;
  }
  return {};
}

}  // namespace

Node parse_yaml(const Source& source, int index, std::vector<Problem>& problems) {
  if (source.text.size() > max_config_bytes) {
    problems.push_back(problem_at(source, 0, 0,
                                  "the file has " + std::to_string(source.text.size()) + " bytes",
                                  "at most " + std::to_string(max_config_bytes) + " are read"));
    return {};
  }
  Builder builder(index);
  try {
    std::istringstream stream(source.text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    Builder second(index);
    if (parser.HandleNextDocument(second) && !second.root.is_null())
      problems.push_back(problem_at(source, second.root.line, second.root.column,
                                    "the file holds more than one document", "remove the '---' before it"));
  } catch (const Stop& stop) {
    problems.push_back(problem_at(source, stop.mark.line + 1, stop.mark.column + 1, stop.message, stop.hint));
  } catch (const YAML::Exception& error) {
    problems.push_back(problem_at(source, std::max(error.mark.line + 1, 0),
                                  std::max(error.mark.column + 1, 0), "not YAML: " + error.msg,
                                  tab_hint(std::string(source.text), error.mark.line + 1)));
  } catch (const std::exception& error) {
    problems.push_back(problem_at(source, 0, 0, std::string("not readable: ") + error.what()));
  }
  return std::move(builder.root);
}

}  // namespace codecrucible::config

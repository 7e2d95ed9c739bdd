#include "config/load.hpp"

#include "config/draft.hpp"
#include "config/profiles.hpp"
#include "config/yaml.hpp"

#include <algorithm>
#include <exception>
#include <tuple>

namespace codecrucible::config {
namespace {

// One load: the sources read so far and what was found wrong.
class Load {
 public:
  Load(const Source& source, const Surroundings& around) : around_(around) { sources_.push_back(source); }

  Loaded run() {
    Node root = tree_under_hybrid(0);
    if (!failed()) overlay(root);
    if (!failed()) settle(root);
    Loaded loaded;
    in_order_of_the_file();
    loaded.problems = std::move(problems_);
    if (std::none_of(loaded.problems.begin(), loaded.problems.end(),
                     [](const Problem& p) { return p.fatal; }))
      loaded.settings = std::move(settings_);
    return loaded;
  }

 private:
  // Stable; there are few. (std::stable_sort trips a deprecation warning of libstdc++ 12 under clang.)
  void in_order_of_the_file() {
    const auto before = [](const Problem& a, const Problem& b) {
      return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    };
    for (auto at = problems_.begin(); at != problems_.end(); ++at)
      std::rotate(std::upper_bound(problems_.begin(), at, *at, before), at, at + 1);
  }

  bool failed() const noexcept {
    return std::any_of(problems_.begin(), problems_.end(), [](const Problem& p) { return p.fatal; });
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Source& source : sources_) names.push_back(source.name);
    return names;
  }

  void wrong(const Node& at, int line, int column, std::string message, std::string hint) {
    Problem problem;
    problem.file = sources_[static_cast<std::size_t>(at.source)].name;
    problem.line = line;
    problem.column = column;
    problem.message = std::move(message);
    problem.hint = std::move(hint);
    problems_.push_back(std::move(problem));
  }

  // Parses a source; gives what stands under `hybrid:`, environment put in.
  Node tree_under_hybrid(std::size_t index) {
    Node whole = parse_yaml(sources_[index], static_cast<int>(index), problems_);
    Node hybrid;
    hybrid.source = static_cast<int>(index);
    if (failed() || whole.is_null()) return hybrid;
    if (!whole.is_map()) {
      wrong(whole, whole.line, whole.column, "this is no config",
            "everything stands under the key 'hybrid:'");
      return hybrid;
    }
    for (Node::Member& member : whole.members) {
      if (member.name.text == "hybrid") {
        hybrid = std::move(member.value);
      } else if (!member.name.text.starts_with("x-")) {  // x-…: free for anchors
        wrong(whole, member.name.line, member.name.column,
              "unknown key '" + member.name.text.substr(0, 64) + "'",
              "everything stands under the key 'hybrid:'");
      }
    }
    expand(hybrid, around_, names(), problems_);
    return hybrid;
  }

  void overlay(Node& root) {
    profile_ = around_.profile;
    const Node* const wish = root.find("profile");
    if (profile_.empty() && wish && wish->is_scalar()) profile_ = wish->text;
    if (profile_ == "auto") profile_ = std::string(profile_for(around_.hardware));
    if (profile_.empty() || profile_ == "none") {
      profile_ = "none";
      return;
    }
    const std::optional<Source> source =
        around_.profile_source ? around_.profile_source(profile_) : built_in_profile(profile_);
    if (!source) {
      const Node& at = wish ? *wish : root;
      wrong(at, at.line, at.column, "there is no profile '" + profile_.substr(0, 64) + "'",
            "none, auto, or the name of a file in profiles/");
      return;
    }
    sources_.push_back(*source);
    const Node over = tree_under_hybrid(1);
    if (!failed()) merge(root, over);
  }

  void settle(const Node& root) {
    Reader reader(names(), problems_);
    Draft draft = default_draft();
    reader.read(table(), root, &draft);
    if (failed()) return;
    Settings settings = settings_of(std::move(draft), root, reader);
    settings.profile = profile_;
    place_rules(settings, root);
    if (!failed() && around_.check) {
      for (const Finding& finding : around_.check(settings)) report(finding, root);
    }
    settings_ = std::move(settings);
  }

  // Where each condition's text begins, for whoever compiles it.
  void place_rules(Settings& settings, const Node& root) const {
    for (std::size_t i = 0; i < settings.routing.rules.size(); ++i) {
      const std::string path = "routing.rules[" + std::to_string(i) + "].condition";
      const Node& node = nearest_at(root, path);
      if (!node.is_scalar()) continue;
      const Position at = position_in(node, sources_[static_cast<std::size_t>(node.source)].text, 0);
      settings.routing.rules[i].line = at.line;
      settings.routing.rules[i].column = at.column;
    }
  }

  void report(const Finding& finding, const Node& root) {
    const Node& node = nearest_at(root, finding.place);
    const Source& source = sources_[static_cast<std::size_t>(node.source)];
    const Position at = position_in(node, source.text, finding.offset);
    Problem problem;
    problem.fatal = finding.fatal;
    problem.file = source.name;
    problem.line = at.line;
    problem.column = at.column;
    problem.path = finding.place;
    problem.message = finding.message;
    problems_.push_back(std::move(problem));
  }

  const Surroundings& around_;
  std::vector<Source> sources_;
  std::vector<Problem> problems_;
  std::string profile_;
  std::optional<Settings> settings_;
};

}  // namespace

Loaded load(const Source& source, const Surroundings& around) {
  try {
    return Load(source, around).run();
  } catch (const std::exception& error) {  // out of memory, or a callback of the caller
    Loaded loaded;
    Problem problem;
    problem.file = source.name;
    problem.message = std::string("not readable: ") + error.what();
    loaded.problems.push_back(std::move(problem));
    return loaded;
  }
}

Settings defaults() {
  std::vector<Problem> problems;
  Reader reader({"defaults"}, problems);
  return settings_of(default_draft(), Node{}, reader);
}

std::string to_string(const Problem& problem) {
  std::string out = problem.file;
  if (problem.line > 0) {
    out += ":" + std::to_string(problem.line);
    if (problem.column > 0) out += ":" + std::to_string(problem.column);
  }
  out += problem.fatal ? ": error: " : ": warning: ";
  if (!problem.path.empty()) out += problem.path + ": ";
  out += problem.message;
  if (!problem.hint.empty()) out += "; " + problem.hint;
  return out;
}

}  // namespace codecrucible::config

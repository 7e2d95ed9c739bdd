#include "house/exposition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

namespace codecrucible::house {
namespace {

using Sample = Exposition::Sample;
using Family = Exposition::Family;

bool is_name(std::string_view text, bool label) {
  if (text.empty()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!label && c == ':');
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return !(label && text.starts_with("__"));
}

std::optional<double> number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::nan("");
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

class Reading {
 public:
  Exposition run(std::string_view page) {
    if (!page.ends_with('\n')) complain("the page does not end with a line feed");
    while (!page.empty()) {
      const auto end = std::min(page.find('\n'), page.size());
      line_ = page.substr(0, end);
      page.remove_prefix(std::min(end + 1, page.size()));
      if (line_.starts_with("# HELP ")) {
        help(line_.substr(7));
      } else if (line_.starts_with("# TYPE ")) {
        type(line_.substr(7));
      } else if (!line_.empty() && line_[0] != '#') {
        sample(line_);
      }
    }
    for (const auto& family : out_.families) check(family);
    return std::move(out_);
  }

 private:
  void complain(const std::string& what) { out_.broken.push_back(what + ": " + std::string(line_)); }

  Family& family(std::string_view name) {
    if (out_.families.empty() || out_.families.back().name != name) {
      if (!names_.emplace(name).second) complain("a family in two places");
      out_.families.push_back({std::string(name), "", "", {}});
    }
    return out_.families.back();
  }

  void help(std::string_view rest) {
    const auto space = std::min(rest.find(' '), rest.size());
    auto& one = family(rest.substr(0, space));
    if (!one.help.empty() || !one.type.empty() || !one.samples.empty()) complain("HELP too late");
    one.help = rest.substr(std::min(space + 1, rest.size()));
    if (one.help.empty()) complain("HELP says nothing");
  }

  void type(std::string_view rest) {
    const auto space = std::min(rest.find(' '), rest.size());
    auto& one = family(rest.substr(0, space));
    if (!one.type.empty() || !one.samples.empty()) complain("TYPE too late");
    one.type = rest.substr(std::min(space + 1, rest.size()));
    if (one.type != "counter" && one.type != "gauge" && one.type != "histogram") complain("unknown TYPE");
  }

  void sample(std::string_view line) {
    Sample out;
    const auto brace = line.find('{');
    const auto space = line.find(' ');
    const auto end = std::min(brace, space);
    if (end == std::string_view::npos) return complain("no value");
    out.name = line.substr(0, end);
    if (!is_name(out.name, false)) complain("not a name");
    line.remove_prefix(end);
    if (line[0] == '{' && !labels(line, out)) return complain("broken labels");
    if (!line.starts_with(' ')) return complain("no blank before the value");
    const auto value = number(line.substr(1));
    if (!value) return complain("not a number");
    out.value = *value;
    if (out_.families.empty()) return complain("no TYPE before");
    auto& one = out_.families.back();
    const bool part =
        one.type == "histogram" && (out.name == one.name + "_bucket" || out.name == one.name + "_sum" ||
                                    out.name == one.name + "_count");
    if (out.name != one.name && !part) complain("not of the family above it");
    if (out.name == one.name && one.type == "histogram") complain("a bare sample in a histogram");
    auto key = out.name;
    for (const auto& [name, text] : out.labels) key += '\n' + name + '=' + text;
    if (!series_.insert(key).second) complain("a series twice");
    one.samples.push_back(std::move(out));
  }

  bool labels(std::string_view& line, Sample& out) {
    line.remove_prefix(1);
    while (!line.starts_with('}')) {
      const auto equals = line.find("=\"");
      if (equals == std::string_view::npos) return false;
      const std::string name(line.substr(0, equals));
      if (!is_name(name, true)) return false;
      line.remove_prefix(equals + 2);
      std::string text;
      while (!line.empty() && line[0] != '"') {
        if (line[0] != '\\') {
          text += line[0];
          line.remove_prefix(1);
          continue;
        }
        if (line.size() < 2 || (line[1] != '\\' && line[1] != '"' && line[1] != 'n')) return false;
        text += line[1] == 'n' ? '\n' : line[1];
        line.remove_prefix(2);
      }
      if (line.empty() || !out.labels.emplace(name, text).second) return false;
      line.remove_prefix(1);
      if (line.starts_with(',')) line.remove_prefix(1);
    }
    line.remove_prefix(1);
    return true;
  }

  void check(const Family& family) {
    line_ = family.name;
    if (family.help.empty()) complain("no HELP");
    if (family.samples.empty()) complain("no samples");
    const bool total = family.name.ends_with("_total");
    if (family.type == "counter" && !total) complain("a counter ends in _total");
    if (family.type == "gauge" && total) complain("a gauge does not end in _total");
    for (const auto& one : family.samples)
      if (family.type == "counter" && !(one.value >= 0)) complain("a counter below zero");
    if (family.type == "histogram") check_histogram(family);
  }

  // Per set of labels: bounds rise, counts do not fall, the last bound is +Inf and its count the histogram's.
  void check_histogram(const Family& family) {
    struct One {
      double bound = -std::numeric_limits<double>::infinity(), below = 0;
      std::optional<double> count, sum;
    };
    std::map<std::map<std::string, std::string>, One> all;
    for (const auto& sample : family.samples) {
      auto labels = sample.labels;
      const auto le = labels.find("le");
      if (sample.name == family.name + "_bucket") {
        if (le == labels.end()) {
          complain("a bucket without le");
          continue;
        }
        const auto bound = number(le->second);
        labels.erase(le);
        auto& one = all[labels];
        if (!bound || !(*bound > one.bound)) complain("bounds do not rise");
        if (sample.value < one.below) complain("counts of buckets fall");
        one.bound = bound.value_or(0);
        one.below = sample.value;
      } else if (le != labels.end()) {
        complain("le outside of buckets");
      } else {
        auto& place = sample.name.ends_with("_sum") ? all[labels].sum : all[labels].count;
        place = sample.value;
      }
    }
    for (const auto& [labels, one] : all) {
      if (!std::isinf(one.bound) || one.bound < 0) complain("no bucket for +Inf");
      if (!one.count || *one.count != one.below) complain("the count is not that of +Inf");
      if (!one.sum || !(*one.sum >= 0)) complain("no sum");
    }
  }

  Exposition out_;
  std::string_view line_;
  std::set<std::string, std::less<>> names_, series_;
};

}  // namespace

const Exposition::Family* Exposition::find(std::string_view name) const {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const Family& family) { return family.name == name; });
  return found == families.end() ? nullptr : &*found;
}

double Exposition::sum(std::string_view name, const std::map<std::string, std::string>& labels) const {
  double out = 0;
  for (const auto& family : families) {
    for (const auto& sample : family.samples) {
      const bool fits = std::all_of(labels.begin(), labels.end(), [&](const auto& wanted) {
        const auto found = sample.labels.find(wanted.first);
        return found != sample.labels.end() && found->second == wanted.second;
      });
      if (sample.name == name && fits) out += sample.value;
    }
  }
  return out;
}

std::vector<std::string> Exposition::names() const {
  std::set<std::string> all;
  for (const auto& family : families)
    for (const auto& sample : family.samples) all.insert(sample.name);
  return {all.begin(), all.end()};
}

Exposition read_exposition(std::string_view page) {
  return Reading().run(page);
}

}  // namespace codecrucible::house

#include "classifier/dataset.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <memory>
#include <numeric>

namespace codecrucible::classifier {
namespace {

core::Result<Example> read_row(const std::string& line) {
  using core::Cause;
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return core::fail(Cause::bad_request, "not a JSON object");
  const auto text = [&json](const char* key) {
    const auto at = json.find(key);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  Example row;
  row.prompt = text("prompt");
  row.source = text("source");
  const auto type = core::task_type_of(text("type"));
  const auto complexity = core::complexity_of(text("complexity"));
  if (row.prompt.empty()) return core::fail(Cause::bad_request, "no prompt", "prompt");
  if (!type) return core::fail(Cause::bad_request, "no known type", "type");
  if (!complexity) return core::fail(Cause::bad_request, "no known complexity", "complexity");
  row.type = *type;
  row.complexity = *complexity;
  return row;
}

using WordSet = std::vector<std::uint32_t>;  // sorted, unique

bool alike(const WordSet& a, const WordSet& b) {
  const auto smaller = std::min(a.size(), b.size());
  const auto larger = std::max(a.size(), b.size());
  if (static_cast<double>(smaller) < 0.7 * static_cast<double>(larger)) return false;
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) {
      ++common;
      ++i;
      ++j;
    } else if (a[i] < b[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return static_cast<double>(common) >= 0.7 * static_cast<double>(a.size() + b.size() - common);
}

WordSet words_of(std::string_view text, Scan& words) {
  scan(text, words);
  WordSet set;
  for (std::size_t i = 0; i < words.count; ++i) {
    const auto& token = words.tokens[i];
    set.push_back(token.sort == Token::Sort::word ? token.hash
                                                  : hash_of(text.substr(token.start, token.length)));
  }
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

}  // namespace

core::Result<std::vector<Example>> read_examples(const std::vector<std::string>& files) {
  std::vector<Example> examples;
  for (const auto& file : files) {
    std::ifstream in(file);
    if (!in) return core::fail(core::Cause::not_found, "cannot read " + file);
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      auto row = read_row(line);
      if (!row) {
        auto failure = row.error();
        failure.detail = file + ":" + std::to_string(number) + ": " + failure.detail;
        return failure;
      }
      examples.push_back(std::move(*row));
    }
  }
  if (examples.empty()) return core::fail(core::Cause::bad_request, "no examples to learn from");
  return examples;
}

void group_duplicates(std::vector<Example>& examples) {
  auto words = std::make_unique<Scan>();
  std::vector<WordSet> sets;
  sets.reserve(examples.size());
  for (const auto& example : examples) sets.push_back(words_of(example.prompt, *words));
  std::vector<std::uint32_t> parent(examples.size());
  std::iota(parent.begin(), parent.end(), 0U);
  const auto root = [&parent](std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (std::uint32_t i = 0; i < sets.size(); ++i) {
    for (std::uint32_t j = 0; j < i; ++j)
      if (alike(sets[i], sets[j])) parent[root(i)] = root(j);
  }
  for (std::uint32_t i = 0; i < sets.size(); ++i) examples[i].group = root(i);
}

void pack_inputs(std::vector<Example>& examples, const Vectors* vectors) {
  auto words = std::make_unique<Scan>();
  auto features = std::make_unique<Features>();
  auto inputs = std::make_unique<Inputs>();
  for (auto& example : examples) {
    scan(example.prompt, *words);
    extract(*words, *features);
    const auto rules = judge_by_rules(*words, *features);
    gather(example.prompt, *words, *features, rules, vectors, *inputs);
    example.numbers.assign(inputs->numbers.begin(), inputs->numbers.end());
    example.buckets.clear();
    for (std::size_t i = 0; i < inputs->bucket_count; ++i)
      example.buckets.emplace_back(inputs->buckets[i], inputs->values[i]);
  }
}

}  // namespace codecrucible::classifier

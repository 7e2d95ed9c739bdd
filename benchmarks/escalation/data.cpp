#include "data.hpp"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <filesystem>
#include <map>

namespace codecrucible::escalation {
namespace {

using Json = nlohmann::json;
namespace files = std::filesystem;

// First file of the folder whose name begins and ends so; the part between ("dev", "judging" …) is free.
std::string file_in(const files::path& folder, std::string_view begin, std::string_view end,
                    std::string_view avoid = {}) {
  std::error_code none;
  for (const auto& entry : files::directory_iterator(folder, none)) {
    const auto name = entry.path().filename().string();
    const bool packed = name.ends_with(std::string(end) + ".gz");
    if (!name.starts_with(begin) || (!name.ends_with(end) && !packed)) continue;
    if (avoid.empty() || !name.starts_with(avoid)) return entry.path().string();
  }
  return {};
}

std::vector<Json> rows_of(const std::string& path) {
  std::vector<Json> rows;
  const auto lines = path.empty() ? std::nullopt : lines_of(path);
  if (!lines) return rows;
  for (const auto& line : *lines) {
    auto row = Json::parse(line, nullptr, false);
    if (row.is_object()) rows.push_back(std::move(row));
  }
  return rows;
}

int fold_of(std::string_view prompt, std::uint32_t split) {
  std::uint32_t hash = 2166136261U ^ split * 0x9E3779B9U;
  for (const char c : prompt) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return static_cast<int>((hash ^ hash >> 15) % 5);
}

bool yes(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() &&
         ((found->is_number() && found->get<double>() > 0.5) || (found->is_boolean() && found->get<bool>()));
}

Set gsm8k(const files::path& data, std::uint32_t split) {
  Set set{"gsm8k Mixtral-8x7B -> GPT-4", confidence::Comparable::number, {}};
  for (const auto& json : rows_of(file_in(data / "outcomes_weak_strong", "gsm8k", ".jsonl"))) {
    if (yes(json, "contaminated") || !json.contains("weak_response")) continue;
    Row row;
    row.prompt = json.value("prompt", "");
    row.answer = json.value("weak_response", "");
    row.good = yes(json, "weak");
    row.strong_good = yes(json, "strong");
    row.ease = (row.good ? 0.5 : 0) + (row.strong_good ? 0.5 : 0);
    row.fold = fold_of(row.prompt, split);
    set.rows.push_back(std::move(row));
  }
  return set;
}

std::map<std::string, std::string> answers(const files::path& folder, std::string_view model) {
  std::map<std::string, std::string> found;
  for (const auto& json : rows_of(file_in(folder, "answers_" + std::string(model), ".jsonl")))
    found[json.value("id", "")] = json.value("text", "");
  return found;
}

void mmlu_pro(const files::path& data, std::uint32_t split, std::vector<Set>& sets) {
  constexpr const char* phi = "Phi-3-mini-4k-instruct";
  constexpr const char* llama = "Meta-Llama-3_1-8B-Instruct";
  constexpr const char* strong = "Meta-Llama-3_1-70B-Instruct";
  const auto folder = data / "outcomes_mmlu_pro";
  const auto by_phi = answers(folder, phi), by_llama = answers(folder, llama);
  Set first{"mmlu-pro Phi-3-mini -> Llama-70B", confidence::Comparable::choice, {}};
  Set other{"mmlu-pro Llama-8B -> Llama-70B", confidence::Comparable::choice, {}};
  for (const auto& json : rows_of(file_in(folder, "", ".jsonl", "answers_"))) {
    const auto id = json.value("id", "");
    const auto one = by_phi.find(id), two = by_llama.find(id);
    if (one == by_phi.end() || two == by_llama.end() || !json.contains("correct")) continue;
    const auto& correct = json["correct"];
    Row row;
    row.prompt = json.value("prompt", "");
    row.answer = one->second;
    row.second = two->second;
    row.good = yes(correct, phi);
    row.second_good = yes(correct, llama);
    row.strong_good = yes(correct, strong);
    int models = 0, right = 0;
    for (const auto& [model, value] : correct.items()) {
      if (!value.is_number()) continue;
      ++models;
      right += value.get<double>() > 0.5 ? 1 : 0;
    }
    row.ease = models > 0 ? static_cast<double>(right) / models : 0;
    row.fold = fold_of(row.prompt, split);
    first.rows.push_back(row);
    std::swap(row.answer, row.second);
    std::swap(row.good, row.second_good);
    other.rows.push_back(std::move(row));
  }
  sets.push_back(std::move(first));
  sets.push_back(std::move(other));
}

}  // namespace

std::optional<std::vector<std::string>> lines_of(const std::string& path) {
  const auto file = gzopen(path.c_str(), "rb");  // reads plain files too
  if (file == nullptr) return std::nullopt;
  std::vector<std::string> lines;
  std::string rest;
  char block[1 << 16];
  for (int got = gzread(file, block, sizeof block); got > 0; got = gzread(file, block, sizeof block)) {
    rest.append(block, static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
      lines.push_back(rest.substr(begin, end - begin));
      begin = end + 1;
    }
    rest.erase(0, begin);
  }
  gzclose(file);
  if (!rest.empty()) lines.push_back(std::move(rest));
  return lines;
}

std::vector<Set> read_sets(const std::string& data, std::uint32_t split) {
  std::vector<Set> sets;
  std::error_code none;
  if (!files::is_directory(data, none)) return sets;
  sets.push_back(gsm8k(data, split));
  mmlu_pro(data, split, sets);
  std::erase_if(sets, [](const Set& set) { return set.rows.size() < 50; });
  return sets;
}

std::string option(const std::vector<std::string>& words, const std::string& name) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == name) return words[i + 1];
  }
  return {};
}

}  // namespace codecrucible::escalation

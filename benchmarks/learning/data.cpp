#include "data.hpp"

#include "classifier/classify.hpp"
#include "classifier/model.hpp"
#include "core/arena.hpp"
#include "router/router.hpp"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace codecrucible::measuring {
namespace {

using Json = nlohmann::json;
namespace files = std::filesystem;

// Rows of the first file of the folder whose name begins so and is JSON by line, packed or not.
std::vector<Json> rows_of(const files::path& folder, std::string_view begin, std::string_view avoid = {}) {
  std::vector<Json> rows;
  std::error_code none;
  std::vector<files::path> found;
  for (const auto& entry : files::directory_iterator(folder, none)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(begin) || (!name.ends_with(".jsonl") && !name.ends_with(".jsonl.gz"))) continue;
    if (avoid.empty() || !name.starts_with(avoid)) found.push_back(entry.path());
  }
  if (found.empty()) return rows;
  const auto file = gzopen(std::min_element(found.begin(), found.end())->c_str(), "rb");  // plain files too
  if (file == nullptr) return rows;
  std::string text;
  char block[1 << 16];
  for (int got = gzread(file, block, sizeof block); got > 0; got = gzread(file, block, sizeof block))
    text.append(block, static_cast<std::size_t>(got));
  gzclose(file);
  std::size_t begin_of = 0;
  while (begin_of < text.size()) {
    const auto end = std::min(text.find('\n', begin_of), text.size());
    auto row = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin_of),
                           text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (row.is_object()) rows.push_back(std::move(row));
    begin_of = end + 1;
  }
  return rows;
}

double number(const Json& row, const std::string& key) {
  const auto found = row.find(key);
  if (found == row.end()) return 0;
  return found->is_boolean() ? (found->get<bool>() ? 1 : 0) : found->is_number() ? found->get<double>() : 0;
}

std::size_t place_of(std::vector<std::string>& names, const std::string& name) {
  const auto known = std::find(names.begin(), names.end(), name);
  if (known != names.end()) return static_cast<std::size_t>(known - names.begin());
  names.push_back(name);
  return names.size() - 1;
}

// The gateway's own eyes: classification, word vectors, and the router's expectation of each model.
class Eyes {
 public:
  Eyes(const std::string& models, const Set& set) {
    if (auto model = classifier::load_model(models + "/classifier.model", models + "/words.vectors"))
      layers_.model = *model;
    if (auto vectors = classifier::Vectors::load(models + "/words.vectors")) vectors_ = *vectors;
    core::HostView host;
    host.name = "host";
    host.reachable = true;
    fleet_.hosts = {host};
    for (std::size_t i = 0; i < set.models.size(); ++i) {
      core::ModelView model;
      model.id = model.public_id = set.models[i];
      model.parameters_billion = set.sizes[i];
      model.resident = true;
      fleet_.models.push_back(std::move(model));
    }
    if (auto policy = router::compile({}, {})) policy_ = std::move(*policy);
  }

  void look(Row& row) const {
    core::Arena arena;
    core::ChatRequest request(arena);
    core::Message message(request.messages.get_allocator());
    message.role = core::Role::user;
    core::Part part;
    part.text = row.prompt;
    message.parts.push_back(part);
    request.messages.push_back(std::move(message));
    const auto verdict = classifier::classify(request, layers_);
    row.complexity = static_cast<std::size_t>(verdict.complexity);
    if (vectors_ != nullptr) row.traits = vectors_->embed(row.prompt);
    auto facts = router::facts_of(request, verdict);
    row.priors.assign(fleet_.models.size(), 0.5);
    for (const auto& candidate : router::decide(facts, policy_, fleet_, 0.5).ranked)
      row.priors[candidate.model] = candidate.quality;
  }

 private:
  classifier::Layers layers_;
  std::shared_ptr<const classifier::Vectors> vectors_;
  core::FleetView fleet_;
  router::Policy policy_;
};

}  // namespace

namespace {

// The list of models names more than were asked.
void drop_unasked(const std::vector<Json>& rows, Set& set) {
  for (std::size_t i = set.models.size(); i-- > 0;) {
    const bool asked = std::any_of(rows.begin(), rows.end(), [&](const Json& row) {
      return row.contains("scores") && row["scores"].contains(set.models[i]);
    });
    if (asked) continue;
    set.models.erase(set.models.begin() + static_cast<std::ptrdiff_t>(i));
    set.sizes.erase(set.sizes.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

Set nine_models(const std::string& data, const std::string& models) {
  Set set;
  set.name = "9 models";
  const auto folder = files::path(data) / "outcomes_9_models";
  std::ifstream file(folder / "models.json");
  const auto about = Json::parse(file, nullptr, false);
  if (!about.is_object()) return set;
  for (const auto& [model, facts] : about.items()) {
    set.models.push_back(model);
    set.sizes.push_back(std::atof(facts.value("size", "0").c_str()));
  }
  const auto rows = rows_of(folder, "");
  drop_unasked(rows, set);
  const Eyes eyes(models, set);
  for (const auto& json : rows) {
    if (!json.contains("scores")) continue;
    Row row;
    row.prompt = json.value("prompt", "");
    row.task = place_of(set.tasks, json.value("task", ""));
    for (const auto& model : set.models) row.scores.push_back(number(json["scores"], model));
    eyes.look(row);
    set.rows.push_back(std::move(row));
  }
  return set;
}

// The nine models of up to 72 billion parameters that follow instructions and have an answer to everything.
Set mmlu_pro(const std::string& data, const std::string& models) {
  Set set;
  set.name = "mmlu-pro";
  set.models = {"Mistral-7B-Instruct-v0.2",
                "Mixtral-8x7B-Instruct-v0.1",
                "Qwen1.5-7B-Chat",
                "Qwen1.5-72B-Chat",
                "Phi-3-mini-4k-instruct",
                "c4ai-command-r-v01",
                "mathstral-7B",
                "Meta-Llama-3_1-8B-Instruct",
                "Meta-Llama-3_1-70B-Instruct"};
  set.sizes = {7, 47, 7, 72, 3.8, 35, 7, 8, 70};
  const Eyes eyes(models, set);
  for (const auto& json : rows_of(files::path(data) / "outcomes_mmlu_pro", "", "answers_")) {
    if (!json.contains("correct")) continue;
    Row row;
    row.prompt = json.value("prompt", "");
    row.task = place_of(set.tasks, json.value("task", ""));
    for (const auto& model : set.models) row.scores.push_back(number(json["correct"], model));
    eyes.look(row);
    set.rows.push_back(std::move(row));
  }
  return set;
}

Set weak_strong(const std::string& data, const std::string& models, const std::string& name) {
  Set set;
  set.name = name;
  set.models = {"Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"};
  set.sizes = {47, 400};
  const Eyes eyes(models, set);
  for (const auto& json : rows_of(files::path(data) / "outcomes_weak_strong", name)) {
    if (number(json, "contaminated") > 0) continue;
    Row row;
    row.prompt = json.value("prompt", "");
    row.task = place_of(set.tasks, json.value("domain", ""));
    row.scores = {number(json, "weak"), number(json, "strong")};
    eyes.look(row);
    set.rows.push_back(std::move(row));
  }
  return set;
}

}  // namespace codecrucible::measuring

#pragma once

#include "config/node.hpp"
#include "config/reader.hpp"
#include "config/settings.hpp"

namespace codecrucible::config {

// Settings in the shape of the file: what the table's rows are bound to. Where the file puts things otherwise
// than the rooms want them (maps by name, values that fall back on others), the file's way is kept here.

struct ProviderDraft : Provider {
  std::optional<milliseconds> connect, first_token, idle, total;  // unset: those of fallback.timeouts
};

struct OverrideDraft {
  std::optional<std::int64_t> window;
  std::optional<double> quality, parameters, active_parameters;
  std::array<std::optional<double>, core::task_type_count> task_quality{};
  std::string tier;
  bool hidden = false;
};

struct RuleDraft : router::Rule {
  std::optional<milliseconds> cache_ttl;
};

struct Draft {
  Settings settings;
  ProviderDraft lmstudio, ollama;
  std::vector<ProviderDraft> others;
  std::vector<std::pair<std::string, std::string>> aliases;
  std::vector<std::pair<std::string, OverrideDraft>> overrides;
  std::vector<std::pair<std::string, std::vector<std::string>>> tiers;
  std::vector<RuleDraft> rules;
};

Draft default_draft();

// What is in force without a word in the file; see default_rules.cpp.
std::vector<RuleDraft> default_rules();

Draft draft_of(const Settings& settings);

// The reverse; what does not fit together is told to `reader`, `root` (the tree under `hybrid:`) says where
// it stands.
Settings settings_of(Draft draft, const Node& root, Reader& reader);

// Settings as a tree in the file's shape, secrets marked.
Node tree_of(const Settings& settings);

}  // namespace codecrucible::config

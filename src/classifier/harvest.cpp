#include "classifier/harvest.hpp"

#include "classifier/dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

namespace codecrucible::classifier {
namespace {

constexpr std::size_t shortest = 8, longest = 32 * 1024;  // bytes

// FNV-1a: the same on every machine.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash ^ (hash >> 29);
}

}  // namespace

std::optional<Label> label_of(std::string_view text) noexcept {
  const auto slash = std::min(text.find('/'), text.size());
  const auto type = core::task_type_of(text.substr(0, slash));
  if (!type) return std::nullopt;
  Label label{*type, {}};
  if (slash == text.size()) return label;
  label.complexity = core::complexity_of(text.substr(slash + 1));
  if (!label.complexity) return std::nullopt;
  return label;
}

std::string_view last_question(std::string_view kept) noexcept {
  constexpr std::string_view mark = "[user] ";
  auto at = kept.rfind("\n[user] ");
  if (at != std::string_view::npos) {
    ++at;
  } else if (kept.starts_with(mark)) {
    at = 0;
  } else {
    return kept;
  }
  auto said = kept.substr(at + mark.size());
  for (const std::string_view next : {"\n[assistant] ", "\n[tool] ", "\n[system] "})
    said = said.substr(0, said.find(next));
  return said;
}

Harvest harvest(std::vector<Labelled> labelled, double held_share, std::uint64_t seed) {
  Harvest out;
  const auto unfit = [](const Labelled& one) {
    return one.prompt.size() < shortest || one.prompt.size() > longest;
  };
  out.unfit = static_cast<std::size_t>(std::count_if(labelled.begin(), labelled.end(), unfit));
  std::erase_if(labelled, unfit);

  std::vector<Example> examples(labelled.size());
  for (std::size_t i = 0; i < labelled.size(); ++i) examples[i].prompt = labelled[i].prompt;
  group_duplicates(examples);
  std::map<std::uint32_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < labelled.size(); ++i) groups[examples[i].group].push_back(i);

  std::vector<std::size_t> taken;
  for (const auto& [group, members] : groups) {
    const auto first = *std::min_element(members.begin(), members.end());
    const bool agreed = std::all_of(members.begin(), members.end(),
                                    [&](std::size_t i) { return labelled[i].type == labelled[first].type; });
    if (!agreed) {
      out.contradicted += members.size();
      continue;
    }
    out.repeated += members.size() - 1;
    taken.push_back(first);
  }
  std::sort(taken.begin(), taken.end());  // newest first again

  std::array<std::size_t, core::task_type_count> counts{};
  for (const auto i : taken) ++counts[static_cast<std::size_t>(labelled[i].type)];
  const auto kinds = static_cast<std::size_t>(
      std::count_if(counts.begin(), counts.end(), [](std::size_t count) { return count > 0; }));
  const std::size_t most = kinds > 0 ? std::max<std::size_t>(2 * taken.size() / kinds, 1) : 0;
  counts.fill(0);
  for (const auto i : taken) {
    if (++counts[static_cast<std::size_t>(labelled[i].type)] > most) {
      ++out.surplus;
      continue;
    }
    const double place = static_cast<double>(hash_of(labelled[i].prompt, seed) >> 11) * 0x1.0p-53;
    (place < held_share ? out.held : out.learn).push_back(std::move(labelled[i]));
  }
  return out;
}

bool surely_better(const std::vector<bool>& old, const std::vector<bool>& fresh) noexcept {
  double won = 0, lost = 0;
  for (std::size_t i = 0; i < std::min(old.size(), fresh.size()); ++i) {
    if (fresh[i] && !old[i]) won += 1;
    if (old[i] && !fresh[i]) lost += 1;
  }
  return won - lost > 1.2816 * std::sqrt(won + lost);
}

}  // namespace codecrucible::classifier

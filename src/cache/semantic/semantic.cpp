#include "cache/semantic/semantic.hpp"

#include "cache/semantic/index.hpp"

#include <algorithm>
#include <list>
#include <shared_mutex>
#include <unordered_map>

namespace codecrucible::cache {
namespace {

constexpr std::size_t longest_text = 2000;
constexpr std::size_t shortest_text = 8;
// Below it two texts are strangers: nothing is learned from them either.
constexpr double floor_score = 0.6;
constexpr std::size_t neighbours = 24;
constexpr double unknown_gap = 0.3;
// A text with another answer as near as this: which of the two is meant cannot be told.
constexpr double least_gap = 0.05;

}  // namespace

std::string_view free_text(const core::ChatRequest& request) noexcept {
  if (request.messages.empty() || request.logprobs.value_or(false)) return {};
  const auto& last = request.messages.back();
  if (last.role != core::Role::user || last.parts.size() != 1) return {};
  const auto& part = last.parts.front();
  const bool sane = part.kind == core::Part::Kind::text && part.text.size() >= shortest_text &&
                    part.text.size() <= longest_text;
  return sane ? part.text : std::string_view();
}

Key group_of(const core::ChatRequest& request, const Circumstances& circumstances) {
  core::ChatRequest rest = request;
  rest.messages.back().parts.front().text = {};
  return key_of(rest, circumstances);
}

struct Semantic::Group {
  struct Entry {
    std::string text;
    AnswerPtr answer;
    std::uint64_t meaning_of_answer = 0;  // the label of the first with this answer
    std::uint32_t right = 0, wrong = 0;
    std::size_t bytes = 0;
  };
  explicit Group(double bound) : judge(bound) {}

  std::shared_mutex mutex;
  Index index;
  std::unordered_map<std::uint64_t, Entry> entries;
  std::list<std::uint64_t> order;  // oldest first
  Judge judge;
  std::uint64_t used = 0;  // when, in look-ups
};

struct Semantic::Groups {
  mutable std::mutex mutex;  // of the map and the counts
  SemanticSettings settings;
  Embed embed;
  std::unordered_map<Key, std::shared_ptr<Group>> groups;
  std::uint64_t clock = 0, labels = 0;
  std::size_t bytes = 0, answers = 0;

  std::shared_ptr<Group> find(const Key& key, bool make) {
    const std::scoped_lock lock(mutex);
    auto found = groups.find(key);
    if (found == groups.end()) {
      if (!make) return nullptr;
      found = groups.emplace(key, std::make_shared<Group>(settings.error_bound)).first;
    }
    found->second->used = ++clock;
    return found->second;
  }

  // With the group's lock held.
  void erase(Group& group, std::uint64_t label) {
    const auto entry = group.entries.find(label);
    if (entry == group.entries.end()) return;
    const auto freed = entry->second.bytes;
    group.index.remove(label);
    if (group.order.front() == label) {
      group.order.pop_front();
    } else {
      group.order.remove(label);
    }
    group.entries.erase(entry);
    const std::scoped_lock lock(mutex);
    bytes -= freed;
    --answers;
  }

  void make_room() {
    while (true) {
      std::shared_ptr<Group> idle;
      {
        const std::scoped_lock lock(mutex);
        if (bytes <= settings.bytes || groups.empty()) return;
        const auto least = std::min_element(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
          return a.second->used < b.second->used;
        });
        idle = least->second;
        // A group that was emptied is not needed; one under way elsewhere lives until it is let go.
        if (idle->order.empty()) {
          groups.erase(least);
          continue;
        }
      }
      const std::unique_lock lock(idle->mutex);
      if (!idle->order.empty()) erase(*idle, idle->order.front());
    }
  }
};

Semantic::Semantic(const SemanticSettings& settings, Embed embed) : inside_(std::make_unique<Groups>()) {
  inside_->settings = settings;
  inside_->embed = std::move(embed);
}
Semantic::~Semantic() = default;

Semantic::Found Semantic::look_up(const Key& key, std::string_view text, Clock::time_point now, double chance,
                                  const Meaning* given) {
  Found found;
  const auto group = inside_->find(key, false);
  if (!group) return found;
  SemanticSettings settings;
  {
    const std::scoped_lock lock(inside_->mutex);
    settings = inside_->settings;
  }
  const auto meaning = given != nullptr ? *given : meaning_of(text, inside_->embed);
  {
    const std::shared_lock lock(group->mutex);
    const auto near = group->index.nearest(meaning, neighbours);
    const auto best = std::find_if(near.begin(), near.end(), [&](const auto& one) {
      const auto entry = group->entries.find(one.label);
      return entry != group->entries.end() && entry->second.answer->good_at(now);
    });
    if (best != near.end() && best->score >= floor_score) {
      const auto& entry = group->entries.at(best->label);
      found.answer = entry.answer;
      found.label = best->label;
      found.likeness.score = best->score;
      found.likeness.gap = unknown_gap;
      for (const auto& other : near) {
        const auto rival = group->entries.find(other.label);
        if (rival == group->entries.end() || rival->second.meaning_of_answer == entry.meaning_of_answer)
          continue;
        found.likeness.gap = std::min(unknown_gap, best->score - other.score);
        break;
      }
      found.likeness.difference = difference(text, entry.text);
      found.likeness.right = entry.right;
      found.likeness.wrong = entry.wrong;
    }
  }
  if (settings.error_bound > 0) {
    const std::unique_lock lock(group->mutex);
    std::optional<double> risk;
    if (found.answer) risk = found.risk = group->judge.risk(found.likeness);
    found.told = group->judge.admits(risk) && chance >= settings.sample;
  } else if (found.answer) {
    const auto& likeness = found.likeness;
    found.told = likeness.score >= settings.similarity && likeness.gap >= least_gap && !likeness.difference;
  }
  return found;
}

void Semantic::learn(const Key& key, const Found& found, bool same) {
  const auto group = inside_->find(key, false);
  if (!group || !found.answer) return;
  const std::unique_lock lock(group->mutex);
  group->judge.observe(found.likeness, same);
  const auto entry = group->entries.find(found.label);
  if (entry == group->entries.end()) return;
  ++(same ? entry->second.right : entry->second.wrong);
}

void Semantic::keep(const Key& key, std::string_view text, AnswerPtr answer, const Found* like,
                    const Meaning* given) {
  const auto group = inside_->find(key, true);
  const auto meaning = given != nullptr ? *given : meaning_of(text, inside_->embed);
  Group::Entry entry;
  entry.text = text;
  entry.answer = std::move(answer);
  entry.bytes = entry.answer->bytes() + entry.text.size() + sizeof(Group::Entry) + Index::bytes_each();
  std::uint64_t label = 0;
  {
    const std::scoped_lock lock(inside_->mutex);
    if (entry.bytes > inside_->settings.bytes / 16) return;
    label = ++inside_->labels;
    inside_->bytes += entry.bytes;
    ++inside_->answers;
  }
  entry.meaning_of_answer = label;
  {
    const std::unique_lock lock(group->mutex);
    if (like != nullptr && like->answer) {
      const auto twin = group->entries.find(like->label);
      if (twin != group->entries.end()) entry.meaning_of_answer = twin->second.meaning_of_answer;
    }
    group->entries[label] = std::move(entry);
    group->order.push_back(label);
    group->index.add(label, meaning);
  }
  inside_->make_room();
}

std::size_t Semantic::clear(const Choice& choice) {
  std::vector<std::shared_ptr<Group>> all;
  {
    const std::scoped_lock lock(inside_->mutex);
    for (const auto& [key, group] : inside_->groups) all.push_back(group);
  }
  std::size_t count = 0;
  for (const auto& group : all) {
    const std::unique_lock lock(group->mutex);
    const auto labels = group->order;
    for (const auto label : labels) {
      if (!is_chosen(*group->entries.at(label).answer, choice)) continue;
      inside_->erase(*group, label);
      ++count;
    }
  }
  return count;
}

void Semantic::apply(const SemanticSettings& settings) {
  std::vector<std::shared_ptr<Group>> all;
  {
    const std::scoped_lock lock(inside_->mutex);
    if (settings.error_bound != inside_->settings.error_bound)
      for (const auto& [key, group] : inside_->groups) all.push_back(group);
    inside_->settings = settings;
    if (!settings.enabled) inside_->settings.bytes = 0;
  }
  // What was learned is of the risks that were taken under the old bound.
  for (const auto& group : all) {
    const std::unique_lock lock(group->mutex);
    group->judge = Judge(settings.error_bound);
  }
  inside_->make_room();
}

std::size_t Semantic::bytes() const {
  const std::scoped_lock lock(inside_->mutex);
  return inside_->bytes;
}

std::size_t Semantic::answers() const {
  const std::scoped_lock lock(inside_->mutex);
  return inside_->answers;
}

}  // namespace codecrucible::cache

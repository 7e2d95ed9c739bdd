#include "learning/replay.hpp"

#include "learning/bandit.hpp"

#include <optional>
#include <utility>

namespace codecrucible::learning {
namespace {

// Where exploration or a split plays a part, the other policy is asked at so many even points.
constexpr int throws = 20;

core::FleetView fleet_of(const history::Record& record) {
  core::FleetView fleet;
  for (const auto& candidate : record.ranked) {
    std::size_t host = 0;
    while (host < fleet.hosts.size() && fleet.hosts[host].name != candidate.host) ++host;
    if (host == fleet.hosts.size()) {
      auto& made = fleet.hosts.emplace_back();
      made.name = candidate.host;
      made.reachable = true;
    }
    auto& model = fleet.models.emplace_back();
    model.id = model.public_id = candidate.model;
    model.host = host;
    model.resident = true;
    // Those that the gates let through could do it.
    model.can = {true, true, false, true, true, true, true, true, true};
    // The whole expected time is told as waiting, so that the router's sum is what it was.
    model.speed.queue_seconds = static_cast<double>(candidate.seconds);
    model.speed.prefill_tokens_per_second = model.speed.decode_tokens_per_second = 1e12;
  }
  return fleet;
}

classifier::Verdict verdict_of(const history::Features& features) {
  classifier::Verdict verdict;
  verdict.type = features.task;
  verdict.complexity = features.complexity;
  verdict.score = features.score;
  verdict.confidence = features.confidence;
  verdict.prompt_tokens = features.prompt_tokens;
  verdict.context_files = features.context_files;
  std::string_view rest = features.keywords;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    verdict.keywords.push_back(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return verdict;
}

router::Facts facts_of(const history::Record& record, const classifier::Verdict& verdict) {
  const auto& from = record.features;
  router::Facts facts;
  facts.verdict = &verdict;
  facts.model = from.model_asked;
  facts.language = from.language;
  facts.tools = from.tools;
  facts.vision = from.vision;
  facts.completion = from.completion;
  facts.insert = from.insert;
  facts.structured = from.structured;
  facts.thinking = from.thinking;
  facts.logprobs = from.logprobs;
  facts.stream = from.stream;
  facts.prompt_tokens = from.prompt_tokens;
  facts.max_tokens = from.max_tokens;
  facts.prompt_length = from.prompt_length;
  facts.prefer = router::prefer_of(from.prefer).value_or(router::Prefer::balanced);
  facts.may_explore = from.may_explore;
  facts.conversation = record.conversation;
  facts.hour = from.hour;
  facts.weekday = from.weekday;
  return facts;
}

// Share of each of the record's candidates under the other policy.
std::vector<double> shares_of(const history::Record& record, const router::Policy& other) {
  const auto verdict = verdict_of(record.features);
  const auto facts = facts_of(record, verdict);
  const auto fleet = fleet_of(record);
  std::vector<double> shares(record.ranked.size(), 0);
  for (int i = 0; i < throws; ++i) {
    const auto decision = router::decide(facts, other, fleet, (i + 0.5) / throws);
    if (!decision.ranked.empty()) shares[decision.ranked.front().model] += 1.0 / throws;
  }
  return shares;
}

// The served model is the first candidate; words about it alone count.
std::optional<double> reward_of(const history::Kept& kept) {
  const auto& first = kept.record.ranked.front();
  if (const auto said = history::reward(kept.signals, first.model)) return said;
  const auto& attempts = kept.record.attempts;
  const bool answered = !attempts.empty() && attempts.back().model == first.model;
  if (answered && !kept.record.failure && kept.record.confidence >= 0) return kept.record.confidence;
  return std::nullopt;
}

// By chance, not by turns: who is served may go by turns too.
std::size_t half_of(std::size_t i) noexcept {
  return Dice(i).next() & 1;
}

class Guess {
 public:
  double of(const history::Record& record, std::size_t candidate) {
    const auto& one = record.ranked[candidate];
    // Begun with what the router expected then.
    return bandit_
        .expect({bandit_.arm(one.model), static_cast<double>(one.quality), 0},
                {static_cast<std::size_t>(record.features.task),
                 static_cast<std::size_t>(record.features.complexity),
                 {}})
        .mean;
  }
  void learn(const history::Record& record, double reward) {
    const auto& one = record.ranked.front();
    bandit_.learn({bandit_.arm(one.model), static_cast<double>(one.quality), 0},
                  {static_cast<std::size_t>(record.features.task),
                   static_cast<std::size_t>(record.features.complexity),
                   {}},
                  reward);
  }

 private:
  Bandit bandit_{{core::task_type_count, core::complexity_count, 0}, {}};
};

}  // namespace

Replayed replayed(const std::vector<history::Kept>& records, const router::Policy& other) {
  Replayed out;
  Guess halves[2];  // each learned from one half
  std::vector<std::pair<const history::Kept*, double>> usable;
  for (const auto& kept : records) {
    const auto& record = kept.record;
    ++out.seen;
    const bool chosen = record.features.classified && !record.concrete && !record.features.stayed &&
                        record.source == history::Source::backend && !record.ranked.empty() &&
                        record.variant != "shadow";
    if (!chosen) {
      ++out.fixed;
      continue;
    }
    const auto reward = reward_of(kept);
    if (!reward) {
      ++out.unrated;
      continue;
    }
    halves[half_of(usable.size())].learn(record, *reward);
    usable.emplace_back(&kept, *reward);
  }
  for (std::size_t i = 0; i < usable.size(); ++i) {
    const auto& record = usable[i].first->record;
    const auto shares = shares_of(record, other);
    auto& guess = halves[1 - half_of(i)];
    Logged one;
    one.propensity = record.propensity;
    one.reward = usable[i].second;
    one.share = shares.front();
    one.expected_served = guess.of(record, 0);
    for (std::size_t at = 0; at < shares.size(); ++at) {
      if (shares[at] > 0) one.expected_other += shares[at] * guess.of(record, at);
    }
    if (shares.front() > 0.5) ++out.same;
    out.log.push_back(one);
  }
  return out;
}

}  // namespace codecrucible::learning

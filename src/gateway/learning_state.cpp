#include "gateway/learning_state.hpp"

#include "gateway/state_files.hpp"
#include "learning/words.hpp"

namespace codecrucible::gateway {
namespace {

// How long a word about an answer is waited for, and how many records are looked at in one round.
constexpr std::chrono::minutes patience{60};
constexpr std::size_t most_at_once = 20'000;

}  // namespace

LearningDesk::State::State(const config::Settings& settings_in, learning::Shelf shelf_in)
    : settings(settings_in),
      shelf(std::move(shelf_in)),
      ledger(history_file(settings_in)),
      scholar(settings_in.learning),
      release(learning::release_settings(settings_in.learning), 0, 0, std::chrono::system_clock::now()) {
  release.release("the rules alone", std::chrono::system_clock::now());
}

void LearningDesk::State::bring_back() {
  const auto versions = shelf.list();
  if (versions.empty()) return;
  newest = versions.front().number;
  const auto kept = shelf.state(newest);
  if (!kept || !scholar.read(*kept)) return;  // another form than this program writes: learned anew
  offsets.read(shelf.get("offsets"));
  const auto read = shelf.get("progress");
  learning::Words words(read);
  if (words.take(settled) && words.take(seen)) {
    std::int64_t number = 0;
    while (words.take(number)) taken.insert(number);
  }
  learning::Release::read(shelf.get("release"), release);
  following = shelf.get("following") != "no";
  const auto previous = shelf.get("before");
  learning::Words(previous + " ").take(before);
}

std::string LearningDesk::State::progress() const {
  std::string out;
  learning::put_word(out, settled);
  learning::put_word(out, seen);
  for (const auto number : taken) learning::put_word(out, number);
  return out;
}

bool LearningDesk::State::read_history(std::chrono::system_clock::time_point now) {
  const auto reader = history::open_reader(ledger);
  if (!reader) return false;  // nothing was written yet
  const auto stage = release.stage();
  history::Filter filter;
  filter.after = settled;
  filter.limit = most_at_once;
  filter.oldest_first = true;
  filter.copies = true;
  bool in_a_row = true;
  const auto done = (*reader)->read(filter, [&](const history::Kept& kept) {
    hear(kept, now);
    in_a_row = in_a_row && now - kept.record.at > patience;
    if (in_a_row) {
      settled = kept.number;
      taken.erase(kept.number);
      taken.erase(-kept.number);
      offsets.forget(kept.number);
    }
    return true;
  });
  static_cast<void>(done);  // what could not be read is read in the next round
  return release.advance(now) || release.stage() != stage;
}

void LearningDesk::State::hear(const history::Kept& kept, std::chrono::system_clock::time_point now) {
  weigh(kept);
  const auto& record = kept.record;
  const bool first = kept.number > seen;
  const auto lesson = learning::lesson_of(kept);
  // What was judged is heard at once; if somebody speaks of it later, that is heard beside it.
  const bool spoken = lesson && lesson->spoken;
  const bool said = lesson && !taken.contains(kept.number) && (spoken || !taken.contains(-kept.number));
  const bool copy = record.variant == "shadow";
  const auto side =
      copy || record.variant == "candidate" ? learning::Side::candidate : learning::Side::current;
  // Of a shadow only those requests count that both answered.
  const bool both = copy || record.variant == "shadowed";
  const bool one = record.variant == "candidate" || record.variant == "current";
  const bool in_shadow = release.settings().strategy == learning::Strategy::shadow;
  const bool compared = release.stage() == learning::Stage::running && (in_shadow ? both : one);
  if (first) {
    seen = kept.number;
    if (!record.ranked.empty() && !record.concrete && record.features.classified && !copy) {
      requests += 1;
      explored += record.explored ? 1 : 0;
      float best = record.ranked.front().utility;
      for (const auto& candidate : record.ranked) best = std::max(best, candidate.utility);
      if (record.explored) regret += static_cast<double>(best - record.ranked.front().utility);
    }
    if (compared) {
      learning::Outcome outcome;
      outcome.failed = record.failure.has_value() && record.failure != core::Cause::client_gone;
      outcome.seconds = std::chrono::duration<double>(record.duration).count();
      if (said) outcome.quality = lesson->quality;
      release.saw(side, outcome, now);
    }
  } else if (said && compared) {
    release.rated(side, lesson->quality, now);
  }
  if (!said) return;
  scholar.learn(*lesson, priors);
  taken.insert(spoken ? kept.number : -kept.number);
  changed = true;
}

// What people and follow-ups say of an answer that was judged shows how far its model can be trusted when its
// answers look like that. The judgement itself is no witness of that.
void LearningDesk::State::weigh(const history::Kept& kept) {
  const auto& record = kept.record;
  if (record.confidence < 0 || record.failure || record.attempts.empty()) return;
  if (record.source != history::Source::backend) return;
  const auto& model = record.attempts.back().model;
  const auto said = history::reward(kept.signals, model);
  if (!said) return;
  const bool heard = offsets.learn(kept.number, model, record.confidence, *said >= 0.5);
  changed = changed || heard;
}

core::Result<void> LearningDesk::State::keep(std::chrono::system_clock::time_point now) {
  learning::Version about;
  about.at = now;
  about.outcomes = scholar.bandit().outcomes();
  about.alarms = scholar.bandit().alarms();
  const std::uint64_t spared[] = {release.current(), release.candidate(), before};
  const auto number = shelf.keep(about, scholar.written(), progress(), spared);
  if (!number) return number.error();
  newest = *number;
  changed = false;
  return shelf.put("offsets", offsets.written());
}

void LearningDesk::State::note() {
  // Should one of these fail, the next start begins with the release as it was noted before.
  static_cast<void>(shelf.put("release", release.written()));
  static_cast<void>(shelf.put("following", following ? "yes" : "no"));
  static_cast<void>(shelf.put("before", std::to_string(before)));
}

core::Result<std::shared_ptr<const router::QualityTable>> LearningDesk::State::table_of(
    std::uint64_t number) {
  using Table = std::shared_ptr<const router::QualityTable>;
  if (number == 0) return Table();
  if (number == newest) return scholar.table(priors, settings.routing);
  const auto text = shelf.state(number);
  if (!text) return text.error();
  learning::Scholar other(settings.learning);
  if (!other.read(*text))
    return core::fail(core::Cause::unsupported, "policy " + std::to_string(number) + " is of another form");
  return other.table(priors, settings.routing);
}

}  // namespace codecrucible::gateway

#include "learning/bandit.hpp"
#include "learning/words.hpp"

namespace codecrucible::learning {
namespace {

constexpr std::string_view bandit_magic = "bandit-1";
constexpr std::size_t most_arms = 1000;

}  // namespace

std::string Bandit::written() const {
  std::string out(bandit_magic);
  out += ' ';
  for (const auto number : {dimensions_.tasks, dimensions_.complexities, dimensions_.traits, names_.size(),
                            static_cast<std::size_t>(outcomes_), static_cast<std::size_t>(alarms_)}) {
    out += std::to_string(number) + ' ';
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    out += names_[i] + '\n';
    put_word(out, places_[i].low);
    put_word(out, places_[i].high);
  }
  const auto kept = belief_.kept();
  for (const double value : kept.mean) put_word(out, value);
  for (const double value : kept.first) put_word(out, value);
  const std::size_t size = kept.mean.size();
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) put_word(out, kept.covariance[i * size + j]);
  }
  return out;
}

bool Bandit::read(std::string_view text) {
  Words words(text);
  if (words.next() != bandit_magic) return false;
  Dimensions found;
  std::size_t arms = 0;
  Bandit fresh(dimensions_, settings_);
  if (!words.take(found.tasks) || !words.take(found.complexities) || !words.take(found.traits) ||
      !words.take(arms) || !words.take(fresh.outcomes_) || !words.take(fresh.alarms_) || arms > most_arms ||
      found.tasks != dimensions_.tasks || found.complexities != dimensions_.complexities ||
      found.traits != dimensions_.traits) {
    return false;
  }
  for (std::size_t i = 0; i < arms; ++i) {
    if (fresh.arm(words.next('\n')) != i) return false;
    if (!words.take(fresh.places_[i].low) || !words.take(fresh.places_[i].high)) return false;
  }
  Belief::Kept kept;
  const std::size_t size = fresh.belief_.size();
  kept.mean.resize(size);
  kept.first.resize(size);
  kept.covariance.resize(size * size);
  if (!words.take(kept.mean) || !words.take(kept.first)) return false;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      if (!words.take(kept.covariance[i * size + j])) return false;
      kept.covariance[j * size + i] = kept.covariance[i * size + j];
    }
  }
  if (!fresh.belief_.restore(kept)) return false;
  *this = std::move(fresh);
  return true;
}

}  // namespace codecrucible::learning

#include "gateway/cache_desk.hpp"

#include "cache/spill.hpp"

#include <algorithm>

namespace codecrucible::gateway {

CacheDesk::CacheDesk(const cache::Settings& settings) : CacheDesk(settings, std::make_shared<Words>()) {}

CacheDesk::CacheDesk(const cache::Settings& settings, std::shared_ptr<Words> words)
    : exact(settings.exact),
      semantic(settings.semantic,
               [words](std::string_view text, std::span<float, cache::embedded_dims> out) {
                 const auto vectors = words->vectors.load();
                 if (!vectors) return;
                 const auto pooled = vectors->embed(text);
                 std::copy(pooled.begin(), pooled.end(), out.begin());
               }),
      words_(std::move(words)) {}

std::vector<std::string> CacheDesk::open(const config::Settings& settings) {
  std::vector<std::string> troubles;
  const auto& file = settings.cache.exact.spill;
  if (!file.empty()) {
    auto spill = cache::open_spill(file);
    if (spill) {
      exact.attach(std::move(*spill));
    } else {
      troubles.push_back("answers are kept in memory only: " + spill.error().detail);
    }
  }
  read_words(settings, troubles);
  return troubles;
}

std::vector<std::string> CacheDesk::apply(const config::Settings& settings) {
  std::vector<std::string> troubles;
  read_words(settings, troubles);
  exact.apply(settings.cache.exact);
  semantic.apply(settings.cache.semantic);
  return troubles;
}

void CacheDesk::read_words(const config::Settings& settings, std::vector<std::string>& troubles) {
  if (!settings.cache.semantic.enabled || words_->vectors.load()) return;
  auto vectors = classifier::Vectors::load(settings.classifier.vectors_file);
  if (vectors) {
    words_->vectors.store(std::move(*vectors));
  } else {
    troubles.push_back("likeness is judged by spelling alone: " + vectors.error().detail);
  }
}

}  // namespace codecrucible::gateway

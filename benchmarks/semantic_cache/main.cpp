// The semantic cache measured: questions come one after the other; same intent = same answer.
//   semantic_cache DATA [--vectors FILE] [--shuffles N] [--bound B]
// DATA is a folder of files "<set>.<part>.tsv" with lines "label<TAB>text"; the label "oos" means that no
// other question has this answer. A question that is answered from the cache is a hit, wrong if the stored
// one has another label; one that is not is generated and stored. Error = wrong hits over all questions.

#include "cache/semantic/index.hpp"
#include "cache/semantic/semantic.hpp"
#include "classifier/vectors.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace codecrucible;

struct Question {
  std::string label, text;
};
using Questions = std::vector<Question>;

std::map<std::string, Questions> read(const std::string& folder) {
  std::map<std::string, Questions> sets;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".tsv") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto name = file.filename().string();
    auto& set = sets[name.substr(0, name.find('.'))];
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const auto tab = line.find('\t');
      if (tab == std::string::npos) continue;
      Question question{line.substr(0, tab), line.substr(tab + 1)};
      if (question.label == "oos") question.label += std::to_string(set.size());
      set.push_back(std::move(question));
    }
  }
  return sets;
}

struct Outcome {
  double hits = 0, error = 0;
};

// In lanes: one sum alone would have to be taken in order, and this is most of the work here.
float product(const cache::Meaning& a, const cache::Meaning& b) {
  constexpr std::size_t lanes = 16;
  static_assert(cache::meaning_dims % lanes == 0);
  float sums[lanes] = {};
  for (std::size_t i = 0; i < cache::meaning_dims; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (const float one : sums) sum += one;
  return sum;
}

// What a threshold alone would do: the nearest stored question at or above it answers, unless another answer
// is as near.
class Curve {
 public:
  Curve(const Questions& questions, const cache::Embed& embed) : questions_(questions) {
    std::vector<cache::Meaning> meanings;
    for (const auto& question : questions) meanings.push_back(cache::meaning_of(question.text, embed));
    near_.resize(questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      auto& near = near_[i];
      for (std::size_t j = 0; j < i; ++j) {
        const float score = product(meanings[i], meanings[j]);
        if (score > 0.5F) near.push_back({score, static_cast<std::uint32_t>(j)});
      }
      std::sort(near.begin(), near.end(), [](const Near& a, const Near& b) { return a.score > b.score; });
      if (near.size() > most) near.resize(most);
    }
  }

  Outcome at(double threshold, double gap) const {
    std::vector<bool> stored(questions_.size());
    std::size_t hits = 0, wrong = 0;
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      const Near* best = nullptr;
      bool clear = true;
      for (const auto& near : near_[i]) {
        if (!stored[near.at]) continue;
        if (best == nullptr) {
          best = &near;
          if (best->score < threshold) break;
        } else if (best->score - near.score >= gap) {
          break;
        } else if (questions_[near.at].label != questions_[best->at].label) {
          clear = false;
          break;
        }
      }
      if (best == nullptr || best->score < threshold || !clear) {
        stored[i] = true;
        continue;
      }
      ++hits;
      wrong += questions_[best->at].label != questions_[i].label ? 1 : 0;
    }
    const auto all = static_cast<double>(questions_.size());
    return {static_cast<double>(hits) / all, static_cast<double>(wrong) / all};
  }

  // The lowest threshold with no more than that error.
  double threshold_for(double error, double gap) const {
    double low = 0.5, high = 1.0;
    for (int i = 0; i < 9; ++i) {
      const double middle = (low + high) / 2;
      (at(middle, gap).error > error ? low : high) = middle;
    }
    return high;
  }

 private:
  static constexpr std::size_t most = 300;
  struct Near {
    float score;
    std::uint32_t at;
  };
  const Questions& questions_;
  std::vector<std::vector<Near>> near_;
};

cache::AnswerPtr answer_of(const std::string& label) {
  auto answer = std::make_shared<cache::Answer>();
  answer->events = label;
  answer->made = std::chrono::system_clock::now();
  answer->ttl = std::chrono::hours(24);
  return answer;
}

// The cache itself. `observed`: what is generated tells whether the stored answer would have been right.
Outcome run(const Questions& questions, const cache::SemanticSettings& settings, const cache::Embed& embed,
            std::uint64_t seed) {
  cache::Semantic semantic(settings, embed);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  const cache::Key group{1, 1};
  const auto now = std::chrono::system_clock::now();
  std::size_t hits = 0, wrong = 0;
  for (const auto& question : questions) {
    const auto found = semantic.look_up(group, question.text, now, unit(random));
    if (found.told) {
      ++hits;
      wrong += found.answer->events != question.label ? 1 : 0;
      continue;
    }
    const bool same = found.answer && found.answer->events == question.label;
    if (found.answer) semantic.learn(group, found, same);
    semantic.keep(group, question.text, answer_of(question.label), same ? &found : nullptr);
  }
  const auto all = static_cast<double>(questions.size());
  return {static_cast<double>(hits) / all, static_cast<double>(wrong) / all};
}

void measure(const std::string& name, Questions questions, const cache::Embed& embed, int shuffles,
             double bound) {
  std::shuffle(questions.begin(), questions.end(), std::mt19937_64(1));
  std::printf("%s: %zu questions\n", name.c_str(), questions.size());
  const Curve curve(questions, embed);
  for (const double gap : {0.0, 0.05}) {
    const double threshold = curve.threshold_for(bound, gap);
    const auto there = curve.at(threshold, gap);
    std::printf("  threshold %.3f, gap %.2f: hits %.1f %%, error %.2f %%\n", threshold, gap, 100 * there.hits,
                100 * there.error);
  }
  cache::SemanticSettings shipped;
  shipped.bytes = std::size_t{1} << 30;
  const auto strict = run(questions, shipped, embed, 1);
  std::printf("  shipped (similarity %.2f, guard): hits %.1f %%, error %.2f %%\n", shipped.similarity,
              100 * strict.hits, 100 * strict.error);
  auto bounded = shipped;
  bounded.error_bound = bound;
  int kept = 0;
  double sum = 0, least = 1, worst = 0;
  for (int i = 0; i < shuffles; ++i) {
    std::shuffle(questions.begin(), questions.end(), std::mt19937_64(100 + static_cast<std::uint64_t>(i)));
    const auto outcome = run(questions, bounded, embed, static_cast<std::uint64_t>(i));
    kept += outcome.error <= bound ? 1 : 0;
    sum += outcome.hits;
    least = std::min(least, outcome.hits);
    worst = std::max(worst, outcome.error);
  }
  if (shuffles > 0) {
    std::printf(
        "  bound %.1f %%, kept in %d of %d shuffles (worst %.2f %%): hits %.1f %% on average, %.1f %% at "
        "least\n",
        100 * bound, kept, shuffles, 100 * worst, 100 * sum / shuffles, 100 * least);
  }
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
  std::string folder, vectors_file = "models/words.vectors";
  int shuffles = 20;
  double bound = 0.02;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--vectors" && i + 1 < count) {
      vectors_file = words[++i];
    } else if (word == "--shuffles" && i + 1 < count) {
      shuffles = std::stoi(words[++i]);
    } else if (word == "--bound" && i + 1 < count) {
      bound = std::stod(words[++i]);
    } else {
      folder = word;
    }
  }
  if (folder.empty() || !std::filesystem::is_directory(folder)) {
    std::puts("semantic_cache DATA [--vectors FILE] [--shuffles N] [--bound B]: no data, nothing measured");
    return 0;
  }
  const auto vectors = classifier::Vectors::load(vectors_file);
  if (!vectors) {
    std::fprintf(stderr, "%s\n", vectors.error().detail.c_str());
    return 1;
  }
  const auto embed = [&](std::string_view text, std::span<float, cache::embedded_dims> out) {
    const auto pooled = (*vectors)->embed(text);
    std::copy(pooled.begin(), pooled.end(), out.begin());
  };
  for (auto& [name, questions] : read(folder)) measure(name, std::move(questions), embed, shuffles, bound);
  return 0;
}

#include "classifier/ensemble.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::classifier {
namespace {

using Scores = std::array<float, core::task_type_count>;

std::size_t best_of(const Scores& scores) noexcept {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

// Points to something like probabilities; the winner gets the rules' own confidence.
Scores spread(const RuleAnswer& rules) noexcept {
  Scores scores{};
  const auto winner = static_cast<std::size_t>(rules.type);
  float rest = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = std::exp(0.6F * rules.points[i]);
    if (i != winner) rest += scores[i];
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = i == winner ? rules.confidence : (1 - rules.confidence) * scores[i] / rest;
  }
  return scores;
}

Vote vote_of(const RuleAnswer& rules) noexcept {
  return {Layer::rules, rules.type, rules.complexity, rules.confidence};
}
Vote vote_of(const ModelAnswer& model) noexcept {
  return {Layer::model, model.type, model.complexity, model.confidence};
}

// The usual shares of the complexities around a class that somebody is fairly sure of.
std::array<float, core::complexity_count> spread(core::Complexity complexity) noexcept {
  switch (complexity) {
    case core::Complexity::simple:
      return {0.7F, 0.25F, 0.05F};
    case core::Complexity::medium:
      return {0.2F, 0.65F, 0.15F};
    case core::Complexity::complex:
      break;
  }
  return {0.05F, 0.35F, 0.6F};
}

void take(const RuleAnswer& rules, Verdict& verdict) {
  verdict.type = rules.type;
  verdict.complexity = rules.complexity;
  verdict.score = rules.score;
  verdict.confidence = rules.confidence;
  verdict.decided_by = Layer::rules;
  verdict.type_scores = spread(rules);
  verdict.complexity_scores = spread(rules.complexity);
}

void take(const ModelAnswer& model, Verdict& verdict) {
  verdict.type = model.type;
  verdict.complexity = model.complexity;
  verdict.score = model.score;
  verdict.confidence = model.confidence;
  verdict.decided_by = Layer::model;
  verdict.type_scores = model.types;
  verdict.complexity_scores = model.complexities;
}

}  // namespace

void decide(const Opinions& opinions, const Settings& settings, Verdict& verdict) {
  if (opinions.rules) verdict.votes.push_back(vote_of(*opinions.rules));
  if (opinions.model) verdict.votes.push_back(vote_of(*opinions.model));
  if (!opinions.model && !opinions.rules) {
    const auto& vote = opinions.emergency;
    verdict.votes.push_back(vote);
    verdict.type = vote.type;
    verdict.complexity = vote.complexity;
    verdict.score = vote.complexity == core::Complexity::simple   ? 1.5F
                    : vote.complexity == core::Complexity::medium ? 4.5F
                                                                  : 7.5F;
    verdict.confidence = vote.confidence;
    verdict.decided_by = Layer::emergency;
    verdict.type_scores.fill(0.1F);
    verdict.type_scores[static_cast<std::size_t>(vote.type)] = 0.3F;
    verdict.complexity_scores = spread(vote.complexity);
    return;
  }
  if (!opinions.model) return take(*opinions.rules, verdict);
  take(*opinions.model, verdict);
  if (!opinions.rules || opinions.model->confidence >= settings.confidence_threshold) return;
  if (opinions.model->confidence < settings.floor &&
      opinions.rules->confidence > opinions.model->confidence) {
    // The model has no idea: the rules' type, the model's complexity (which is learned apart).
    verdict.type = opinions.rules->type;
    verdict.confidence = opinions.rules->confidence * 0.6F;  // rules that speak where the model is lost
    verdict.type_scores = spread(*opinions.rules);
    verdict.decided_by = Layer::rules;
    return;
  }
  // Between floor and threshold: the rules already are among the model's inputs, so they only break near
  // ties.
  const auto other = spread(*opinions.rules);
  for (std::size_t i = 0; i < other.size(); ++i)
    verdict.type_scores[i] = 0.85F * opinions.model->types[i] + 0.15F * other[i];
  const auto winner = best_of(verdict.type_scores);
  verdict.type = static_cast<core::TaskType>(winner);
  verdict.confidence = verdict.type_scores[winner];
  if (verdict.type != opinions.model->type) verdict.decided_by = Layer::rules;
}

}  // namespace codecrucible::classifier

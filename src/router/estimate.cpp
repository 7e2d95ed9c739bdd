#include "router/names.hpp"
#include "router/prospect.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::router {
namespace {

// Expected quality is P(right) of an item-response curve: skill is log2 of billions of parameters, difficulty
// is the skill at which half of such requests are answered well, slope how sharply that changes.
constexpr double slope = 0.75;
constexpr double difficulty[core::task_type_count][core::complexity_count] = {
    {-1.0, 0.0, 2.0},   // template
    {-1.5, -0.5, 1.5},  // format
    {-0.5, 0.25, 3.0},  // edit
    {0.5, 2.5, 4.5},    // analysis
    {0.5, 2.5, 4.5},    // planning
    {0.5, 2.5, 4.5},    // debugging
    {1.0, 3.0, 5.0},    // multi-file
    {-1.0, 0.0, 2.5},   // general
};
constexpr double coder_bonus = 0.4;  // in skill: a coder of 7 billion stands for about 9 on code

// Length of a usual answer in tokens: per complexity, and how much longer or shorter a task's answers are.
constexpr double answer_tokens[core::complexity_count] = {200, 450, 1000};
constexpr double answer_factor[core::task_type_count] = {1.2, 0.6, 0.8, 1.0, 1.3, 1.0, 1.5, 0.7};
constexpr double thinking_factor = 2.5;

constexpr double bytes_per_parameter = 0.6;  // of the usual 4-bit files, in GB per billion
constexpr double load_start_seconds = 1;     // process start and warm-up, whatever the size

double logit(double share) noexcept {
  const double kept = std::clamp(share, 0.01, 0.99);
  return std::log(kept / (1 - kept));
}

struct Size {
  double total = 0, active = 0;
  bool known = true;
};

Size size_of(const Traits& traits, const core::ModelView& model, const UtilitySettings& settings) noexcept {
  const double share = traits.parameters > 0 && traits.active > 0 ? traits.active / traits.parameters : 1;
  if (!traits.size_given && model.parameters_billion && *model.parameters_billion > 0) {
    return {*model.parameters_billion, *model.parameters_billion * share};
  }
  if (traits.parameters > 0)
    return {traits.parameters, traits.active > 0 ? traits.active : traits.parameters};
  if (model.size_bytes && *model.size_bytes > 0) {
    const double billions = static_cast<double>(*model.size_bytes) / 1e9 / bytes_per_parameter;
    return {billions, billions};
  }
  return {settings.default_parameters_billion, settings.default_parameters_billion, false};
}

double prior_quality(const Traits& traits, const Size& size, core::TaskType task,
                     core::Complexity complexity) {
  const auto t = static_cast<std::size_t>(task), c = static_cast<std::size_t>(complexity);
  constexpr auto medium = static_cast<std::size_t>(core::Complexity::medium);
  constexpr auto general = static_cast<std::size_t>(core::TaskType::general);
  double skill = 0;
  if (traits.task_quality[t]) {
    skill = difficulty[t][medium] + logit(*traits.task_quality[t]) / slope;
  } else if (traits.quality) {
    skill = difficulty[general][medium] + logit(*traits.quality) / slope;
  } else {
    // A mixture of experts stands between its size and its working size.
    skill = std::log2(std::max(size.total * size.active, 1e-4)) / 2;
    const bool on_code = task != core::TaskType::general && task != core::TaskType::planning;
    if (traits.coder && on_code) skill += coder_bonus;
  }
  return 1 / (1 + std::exp(-slope * (skill - difficulty[t][c])));
}

double expected_answer(const Facts& facts, core::TaskType task, core::Complexity complexity) noexcept {
  if (facts.embeddings) return 0;
  double tokens =
      answer_tokens[static_cast<std::size_t>(complexity)] * answer_factor[static_cast<std::size_t>(task)];
  if (facts.thinking) tokens *= thinking_factor;
  if (facts.max_tokens)
    tokens = std::min(tokens, static_cast<double>(std::max<std::int64_t>(*facts.max_tokens, 1)));
  return tokens;
}

double rate(const std::optional<double>& measured, double guessed) noexcept {
  return measured && *measured > 0 ? *measured : guessed;
}

double load_seconds(const core::ModelView& model, const Size& size,
                    const UtilitySettings& settings) noexcept {
  if (model.resident) return 0;
  const double gigabytes =
      model.size_bytes ? static_cast<double>(*model.size_bytes) / 1e9 : size.total * bytes_per_parameter;
  const double whole =
      model.speed.load_seconds.value_or(load_start_seconds + gigabytes / settings.load_gigabytes_per_second);
  return model.loading ? whole / 2 : whole;
}

// Wait for a slot, and for others to finish if loading this model would push out one that is generating.
double wait_seconds(const core::ModelView& model, const core::HostView& host, double answer) noexcept {
  double wait = 0;
  if (model.speed.queue_seconds) {
    wait = *model.speed.queue_seconds;
  } else if (model.running + model.queued >= std::max(model.slots, 1)) {
    wait = answer * (model.running + model.queued - std::max(model.slots, 1) + 1) / std::max(model.slots, 1);
  }
  const auto need = model.vram_bytes ? model.vram_bytes : model.size_bytes;
  const bool must_evict =
      !model.resident && !model.loading && need && host.vram_free && *need > *host.vram_free;
  return must_evict && host.running > 0 ? wait + answer : wait;
}

}  // namespace

void estimate(Prospect& prospect, const Facts& facts, const Policy& policy, const core::FleetView& fleet,
              Prefer prefer) {
  const auto& settings = policy.compiled->settings.utility;
  const core::ModelView& model = fleet.models[prospect.model];
  const auto task = facts.verdict != nullptr ? facts.verdict->type : core::TaskType::general;
  const auto complexity = facts.verdict != nullptr ? facts.verdict->complexity : core::Complexity::simple;
  const Size size = size_of(*prospect.traits, model, settings);
  Terms& terms = prospect.terms;
  terms.parameters_billion = size.known ? size.total : 0;

  terms.prior = terms.quality = prior_quality(*prospect.traits, size, task, complexity);
  if (policy.learned != nullptr) {
    if (const auto* cells = policy.learned->find(prospect.traits->provider, model.id)) {
      const auto& cell = (*cells)[static_cast<std::size_t>(task)][static_cast<std::size_t>(complexity)];
      terms.learned = cell.mean;
      terms.learned_weight = cell.weight;
      terms.doubt = cell.doubt;
      const double weight = settings.prior_weight + terms.learned_weight;
      if (cell.weight > 0 && weight > 0) {
        terms.quality = (terms.prior * settings.prior_weight + terms.learned * terms.learned_weight) / weight;
      }
    }
  }

  const double active = std::max(size.active, 0.05);
  terms.prefill = static_cast<double>(std::max<std::int64_t>(facts.prompt_tokens, 0)) /
                  rate(model.speed.prefill_tokens_per_second, settings.prefill_per_billion / active);
  terms.decode = expected_answer(facts, task, complexity) /
                 rate(model.speed.decode_tokens_per_second, settings.decode_per_billion / active);
  terms.load = load_seconds(model, size, settings);
  terms.wait = wait_seconds(model, fleet.host_of(model), terms.prefill + terms.decode);
  prospect.seconds_first = terms.wait + terms.load + terms.prefill;
  prospect.seconds = prospect.seconds_first + terms.decode;

  const double factor = prefer == Prefer::fast      ? settings.fast_factor
                        : prefer == Prefer::quality ? settings.quality_factor
                                                    : 1;
  const double scale = std::chrono::duration<double>(settings.time_scale).count();
  terms.time_price = settings.time_weight * factor * std::log1p(std::max(prospect.seconds, 0.0) / scale);
  terms.utility = terms.quality - terms.time_price;
}

}  // namespace codecrucible::router

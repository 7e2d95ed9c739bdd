#include "router/compiled.hpp"
#include "router/names.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::router {
namespace {

constexpr std::size_t max_tiers = 64;  // bits of Traits::tiers

std::optional<core::Cause> cause_of(std::string_view label) noexcept {
  for (int i = 0; i <= static_cast<int>(core::Cause::internal); ++i) {
    const auto cause = static_cast<core::Cause>(i);
    if (core::label(cause) == label) return cause;
  }
  return std::nullopt;
}

class Compiler {
 public:
  Compiler(const Settings& settings, const KnownNames& known)
      : out_(std::make_shared<Compiled>(settings)), known_(known) {}

  std::shared_ptr<const Compiled> run(std::vector<Problem>& problems) {
    problems_ = &problems;
    out_->providers = known_.providers;
    for (const auto& provider : out_->settings.providers) {
      if (std::find(known_.providers.begin(), known_.providers.end(), provider.name) ==
          known_.providers.end()) {
        out_->providers.push_back(provider.name);
      }
    }
    read_tiers();
    for (std::size_t i = 0; i < out_->settings.rules.size(); ++i) read_rule(i);
    check_numbers();
    check_aliases();
    // A condition that could not be read says nothing about the others.
    const bool readable = std::none_of(problems.begin(), problems.end(), [](const Problem& problem) {
      return problem.fatal && problem.place.ends_with(".condition");
    });
    if (readable) find_unreachable(*out_, problems);
    return out_;
  }

 private:
  void report(std::string place, std::string message, bool fatal = true) {
    Problem problem;
    problem.fatal = fatal;
    problem.place = std::move(place);
    problem.message = std::move(message);
    problems_->push_back(std::move(problem));
  }

  void check_share(const std::string& place, std::optional<double> value) {
    if (value && !(*value >= 0 && *value <= 1)) report(place, "must be between 0 and 1");
  }
  void check_positive(const std::string& place, double value) {
    if (!(value > 0) || !std::isfinite(value)) report(place, "must be greater than 0");
  }

  void add_tier(const std::string& name) {
    if (!name.empty() && !out_->tier_of(name)) out_->tiers.push_back({name, {}});
  }

  void read_tiers() {
    const auto& settings = out_->settings;
    for (const auto& tier : settings.tiers) {
      if (tier.name.empty()) report("routing.tiers", "a tier needs a name");
      if (out_->tier_of(tier.name)) report("routing.tiers." + tier.name, "this tier is defined twice");
      add_tier(tier.name);
    }
    for (const auto& provider : settings.providers) add_tier(provider.tier);
    for (const auto& model : settings.models) add_tier(model.tier);
    if (out_->tiers.size() > max_tiers) {
      report("routing.tiers", "at most 64 tiers");
      out_->tiers.resize(max_tiers);
    }
    // Targets inside a tier must not be read as tiers: an empty list of names while reading them.
    std::vector<CompiledTier> tiers = std::move(out_->tiers);
    out_->tiers.clear();
    for (auto& tier : tiers) {
      for (const auto& source : settings.tiers) {
        if (!equal_ignoring_case(source.name, tier.name)) continue;
        for (const auto& text : source.targets) {
          tier.targets.push_back(target(text, "routing.tiers." + tier.name));
        }
      }
    }
    out_->tiers = std::move(tiers);
  }

  Target target(const std::string& text, const std::string& place) {
    Target read = read_target(text, *out_);
    if (text.empty()) report(place, "a target must not be empty");
    if (read.kind == Target::Kind::automatic) report(place, "'" + text + "' is not a target here");
    if (read.kind == Target::Kind::provider_model && read.model.empty())
      report(place, "the model's name is missing");
    if (read.kind != Target::Kind::model && read.kind != Target::Kind::provider_model) return read;
    if (known_.models.empty()) {
      warn_of_slip(text, place);
      return read;
    }
    const bool known = text.find('*') != std::string::npos ||
                       std::any_of(known_.models.begin(), known_.models.end(), [&](const std::string& model) {
                         return fit(read.model, model) != Fit::none || fit(text, model) != Fit::none;
                       });
    if (!known) {
      auto names = out_->providers;
      for (const auto& tier : out_->tiers) names.push_back(tier.name);
      names.insert(names.end(), known_.models.begin(), known_.models.end());
      report(place,
             "no provider, tier or model is called '" + text + "' at present" + suggestion(text, names),
             false);
    }
    return read;
  }

  // Which models there will be is not known before the backends were asked; but a bare word that is nearly a
  // provider's or a tier's name was probably meant to be it.
  void warn_of_slip(const std::string& text, const std::string& place) {
    if (text.find_first_of("0123456789:/*") != std::string::npos) return;
    auto names = out_->providers;
    for (const auto& tier : out_->tiers) names.push_back(tier.name);
    const auto hint = suggestion(text, names);
    if (!hint.empty()) report(place, "'" + text + "' is read as a model's name" + hint, false);
  }

  void read_rule(std::size_t index) {
    const std::string place = "routing.rules[" + std::to_string(index) + "]";
    CompiledRule rule;
    rule.source = out_->settings.rules[index];
    const Rule& from = rule.source;
    rule.name = name_of(from, index);
    read_condition(rule, place + ".condition");
    read_goal(rule, place);
    for (std::size_t i = 0; i < from.fallback.size(); ++i) {
      read_fallback(rule, from.fallback[i], place + ".fallback[" + std::to_string(i) + "]");
    }
    check_share(place + ".confidence", from.confidence);
    check_share(place + ".escalationThreshold", from.escalation_threshold);
    rule.honours_explicit = from.always || from.deny || rule.condition.reads(condition::Variable::model) ||
                            rule.condition.reads(condition::Variable::prefer);
    out_->rules.push_back(std::move(rule));
  }

  void read_condition(CompiledRule& rule, const std::string& place) {
    const auto& text = rule.source.condition;
    condition::Mistake mistake;
    if (auto program = condition::parse(text, out_->providers, mistake)) {
      rule.condition = std::move(*program);
      return;
    }
    report(place, mistake.message);
    Problem& problem = problems_->back();
    problem.offset = mistake.offset;
    const auto before = std::string_view(text).substr(0, mistake.offset);
    const auto newlines = std::count(before.begin(), before.end(), '\n');
    const auto last = before.rfind('\n');
    const auto column = last == std::string_view::npos ? mistake.offset : mistake.offset - last - 1;
    problem.line = std::max(rule.source.line, 1) + static_cast<int>(newlines);
    problem.column = static_cast<int>(column) + (newlines == 0 ? std::max(rule.source.column, 1) : 1);
  }

  void read_goal(CompiledRule& rule, const std::string& place) {
    const Rule& from = rule.source;
    const int goals = (!from.target.empty() || !from.model.empty()) + !from.tier.empty() +
                      !from.weights.empty() + from.deny.has_value();
    if (goals > 1) report(place, "a rule has only one of target/model, tier, weights and deny");
    if (from.deny && from.deny->status != 403 && from.deny->status != 400) {
      report(place + ".deny.status", "must be 403 or 400");
    }
    if (!from.tier.empty()) {
      const auto tier = out_->tier_of(from.tier);
      if (!tier) {
        std::vector<std::string> names;
        for (const auto& known : out_->tiers) names.push_back(known.name);
        report(place + ".tier", "no tier is called '" + from.tier + "'" + valid_names(from.tier, names));
      } else {
        rule.target = read_target(from.tier, *out_);
      }
    } else if (!from.target.empty() && !from.model.empty()) {
      rule.target = target(from.target + "/" + from.model, place + ".target");
      if (rule.target->kind != Target::Kind::provider_model) {
        report(place + ".target", "with a model beside it, the target must be a provider" +
                                      valid_names(from.target, out_->providers));
      }
    } else if (!from.target.empty()) {
      rule.target = target(from.target, place + ".target");
    } else if (!from.model.empty()) {
      rule.target = target(from.model, place + ".model");
    }
    double sum = 0;
    for (const auto& split : from.weights) {
      if (!(split.weight > 0) || !std::isfinite(split.weight)) {
        report(place + ".weights", "the weight of '" + split.target + "' must be greater than 0");
      }
      sum += split.weight;
    }
    for (const auto& split : from.weights) {
      rule.arms.emplace_back(split.weight / sum, target(split.target, place + ".weights"));
    }
  }

  void read_fallback(CompiledRule& rule, const FallbackList& from, const std::string& place) {
    std::vector<Target> targets;
    for (const auto& text : from.targets) targets.push_back(target(text, place));
    if (from.causes.empty()) rule.fallback.push_back({std::nullopt, targets});
    for (const auto& label : from.causes) {
      const auto cause = cause_of(label);
      if (!cause || !core::may_try_elsewhere(*cause)) {
        std::vector<std::string> names;
        for (int i = 0; i <= static_cast<int>(core::Cause::internal); ++i) {
          const auto each = static_cast<core::Cause>(i);
          if (core::may_try_elsewhere(each)) names.emplace_back(core::label(each));
        }
        report(place,
               "'" + label + "' is no cause that another model could help with" + valid_names(label, names));
      } else {
        rule.fallback.push_back({cause, targets});
      }
    }
  }

  void check_numbers() {
    const auto& settings = out_->settings;
    check_share("routing.escalationThreshold", settings.escalation_threshold);
    for (const auto& [tier, threshold] : settings.tier_thresholds) {
      const std::string place = "routing.tierThresholds." + tier;
      check_share(place, threshold);
      if (!out_->tier_of(tier)) report(place, "no tier is called '" + tier + "'");
    }
    const auto& u = settings.utility;
    if (!(u.time_weight >= 0)) report("routing.utility.timeWeight", "must not be negative");
    if (u.time_scale.count() <= 0) report("routing.utility.timeScale", "must be greater than 0");
    check_positive("routing.utility.fastFactor", u.fast_factor);
    check_positive("routing.utility.qualityFactor", u.quality_factor);
    check_positive("routing.utility.defaultParameters", u.default_parameters_billion);
    check_positive("routing.utility.decodePerBillion", u.decode_per_billion);
    check_positive("routing.utility.prefillPerBillion", u.prefill_per_billion);
    check_positive("routing.utility.loadGigabytesPerSecond", u.load_gigabytes_per_second);
    if (!(u.prior_weight >= 0)) report("routing.utility.priorWeight", "must not be negative");
    check_share("routing.exploration.budget", settings.exploration.budget);
    check_positive("routing.exploration.temperature", settings.exploration.temperature);
    for (const auto& model : settings.models) {
      const std::string place = "models." + model.match;
      if (model.match.empty()) report("models", "an entry needs the model's name or pattern");
      check_share(place + ".quality", model.quality);
      for (const auto& quality : model.task_quality) check_share(place + ".quality", quality);
      if (model.parameters_billion) check_positive(place + ".parameters", *model.parameters_billion);
      if (model.active_billion) check_positive(place + ".activeParameters", *model.active_billion);
    }
  }

  void check_aliases() {
    for (const auto& alias : out_->settings.aliases) {
      const std::string place = "routing.aliases." + alias.name;
      if (alias.name.empty() || alias.target.empty()) report(place, "an alias needs a name and a target");
      if (virtual_model(alias.name))
        report(place, "'" + alias.name + "' is a virtual model and cannot be an alias");
      if (!virtual_model(alias.target)) target(alias.target, place);
    }
  }

  std::shared_ptr<Compiled> out_;
  const KnownNames& known_;
  std::vector<Problem>* problems_ = nullptr;
};

}  // namespace

std::vector<Problem> check(const Settings& settings, const KnownNames& known) {
  std::vector<Problem> problems;
  Compiler(settings, known).run(problems);
  return problems;
}

namespace {

bool may_overrule(const Rule& rule) {
  return rule.deny.has_value() || rule.always || rule.condition.find("model") != std::string::npos ||
         rule.condition.find("prefer") != std::string::npos;
}

}  // namespace

std::string name_of(const Rule& rule, std::size_t index) {
  if (!rule.name.empty()) return rule.name;
  return !rule.description.empty() ? rule.description : "rule " + std::to_string(index + 1);
}

core::Result<Policy> compile(const Settings& settings, const KnownNames& known) {
  std::vector<Problem> problems;
  Policy policy;
  policy.compiled = Compiler(settings, known).run(problems);
  policy.overrules_names = std::any_of(settings.rules.begin(), settings.rules.end(), may_overrule);
  std::string detail, place;
  for (auto& problem : problems) {
    if (!problem.fatal) {
      policy.warnings.push_back(std::move(problem));
      continue;
    }
    if (place.empty()) place = problem.place;
    if (!detail.empty()) detail += '\n';
    detail += problem.place;
    if (problem.line > 0) {
      detail += " (line " + std::to_string(problem.line) + ", column " + std::to_string(problem.column) + ")";
    }
    detail += ": " + problem.message;
  }
  if (!detail.empty()) return core::fail(core::Cause::bad_request, std::move(detail), std::move(place));
  return policy;
}

std::vector<Problem> check_condition(std::string_view condition, const KnownNames& known) {
  Settings settings;
  settings.rules.emplace_back().condition = condition;
  auto problems = check(settings, known);
  std::erase_if(problems, [](const Problem& problem) { return !problem.place.ends_with(".condition"); });
  return problems;
}

}  // namespace codecrucible::router

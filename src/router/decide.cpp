#include "router/names.hpp"
#include "router/prospect.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace codecrucible::router {
namespace {

class Deciding {
 public:
  Deciding(const Facts& facts, const Policy& policy, const core::FleetView& fleet, double random01,
           Workspace& space, const Resolved* asked)
      : facts_(facts),
        policy_(policy),
        compiled_(*policy.compiled),
        fleet_(fleet),
        random01_(random01 >= 0 && random01 < 1 ? random01 : 0),
        space_(space) {
    out_.asked = asked != nullptr ? *asked : resolve_name(facts_.model, policy_, fleet_, space_);
  }

  Outcome run() {
    if (out_.asked.kind == Resolved::Kind::unknown &&
        compiled_.settings.unknown_model == UnknownModel::automatic) {
      out_.asked = {.kind = Resolved::Kind::automatic};
    }
    out_.prefer = facts_.prefer != Prefer::balanced ? facts_.prefer : out_.asked.prefer;
    out_.explicit_wish = out_.asked.kind != Resolved::Kind::automatic || !out_.asked.models.empty() ||
                         out_.prefer != Prefer::balanced;
    find_rule();
    if (out_.rule != nullptr && !obey_rule()) return std::move(out_);
    choose_goal();
    const Rule* const rule = out_.rule == nullptr ? nullptr : &out_.rule->source;
    set_threshold(out_.decision, policy_, facts_, rule);
    const bool redirected = out_.rule != nullptr && out_.rule->routes();
    if (out_.asked.kind == Resolved::Kind::unknown && !redirected) {
      refuse(unknown_model());
      return std::move(out_);
    }
    out_.decision.concrete = out_.asked.kind == Resolved::Kind::concrete && !redirected;
    gather();
    sieve();
    if (space_.ranked.empty()) {
      refuse(refusal_of(facts_, policy_, fleet_, space_.pool));
      return std::move(out_);
    }
    put_in_order();
    put_first();
    write_down();
    return std::move(out_);
  }

 private:
  void refuse(core::Failure failure) {
    out_.decision.reason = failure.detail;
    out_.decision.refusal = std::move(failure);
  }

  void find_rule() {
    const condition::Scene scene{facts_, fleet_};
    for (const auto& rule : compiled_.rules) {
      if (!applies(rule, facts_, out_.explicit_wish) || !rule.condition.holds(scene)) continue;
      out_.rule = &rule;
      return;
    }
  }

  // False: the rule refuses.
  bool obey_rule() {
    const Rule& rule = out_.rule->source;
    Decision& decision = out_.decision;
    decision.rule = out_.rule->name;
    if (rule.prefer && out_.prefer == Prefer::balanced) out_.prefer = *rule.prefer;
    local_only_ = rule.local_only;
    if (!rule.deny) return true;
    decision.denied = true;
    refuse(core::fail(rule.deny->status == 400 ? core::Cause::bad_request : core::Cause::forbidden,
                      rule.deny->reason.empty() ? "refused by rule: " + out_.rule->name : rule.deny->reason));
    return false;
  }

  void choose_goal() {
    if (out_.rule != nullptr && out_.rule->target) {
      goal_ = &*out_.rule->target;
      why_ = goal_->kind == Target::Kind::tier ? "rule tier" : "rule target";
    } else if (out_.rule != nullptr && !out_.rule->arms.empty()) {
      choose_arm();
    } else if (out_.prefer != Prefer::balanced && out_.asked.models.empty()) {
      // The tiers "fast" and "quality" serve the wishes of the same name.
      if (const auto tier = compiled_.tier_of(name(out_.prefer))) {
        wished_tier_.kind = Target::Kind::tier;
        wished_tier_.tier = *tier;
        goal_ = &wished_tier_;
        why_ = "wished tier";
      }
    }
    if (goal_ != nullptr && goal_->kind == Target::Kind::tier) {
      out_.decision.tier = compiled_.tiers[goal_->tier].name;
    }
  }

  void choose_arm() {
    const auto& rule = *out_.rule;
    double at = random01_;
    const bool by_user = rule.source.stick_by == StickBy::user || facts_.conversation == 0;
    if (by_user && !facts_.user.empty()) {
      at = even01(loose_hash(facts_.user), rule.name);
    } else if (facts_.conversation != 0) {
      at = even01(facts_.conversation, rule.name);
    } else {
      // This number is spent; exploration needs another one.
      random01_ = even01(std::bit_cast<std::uint64_t>(random01_), rule.name);
    }
    for (const auto& [share, target] : rule.arms) {
      goal_ = &target;
      arm_share_ = share;
      at -= share;
      if (at < 0) break;
    }
    why_ = "rule split";
  }

  core::Failure unknown_model() {
    std::string_view wanted = facts_.model;
    bool any_alive = false;
    for (const auto& host : fleet_.hosts) {
      any_alive = any_alive || host.reachable;
      const bool its_host = wanted.size() >= host.name.size() &&
                            equal_ignoring_case(wanted.substr(0, host.name.size()), host.name) &&
                            (wanted.size() == host.name.size() || wanted[host.name.size()] == '/');
      if (its_host && !host.reachable) return nothing_there(fleet_, facts_.embeddings);
    }
    if (!any_alive) return nothing_there(fleet_, facts_.embeddings);
    std::string detail = "no backend has the model '" + std::string(wanted.substr(0, 200)) + "'";
    const auto near = resolve(wanted, policy_, fleet_).nearest;
    for (std::size_t i = 0; i < near.size(); ++i) {
      detail += (i == 0 ? "; did you mean '" : "', '") + near[i];
    }
    detail += near.empty() ? "; GET /v1/models lists what is there" : "'?";
    for (const auto& host : fleet_.hosts) {
      if (!host.reachable) detail += " (" + host.name + " is unreachable at present)";
    }
    return core::fail(core::Cause::model_not_found, std::move(detail), "model");
  }

  void add(std::size_t model, const Traits* traits, Group group, std::string_view why) {
    Prospect& prospect = space_.pool.emplace_back();
    prospect.model = model;
    prospect.traits = traits;
    prospect.group = group;
    prospect.why = why;
  }

  const Traits* traits_of(std::size_t model) {
    return space_.traits_of(compiled_, fleet_.host_of(fleet_.models[model]).name, fleet_.models[model].id);
  }

  // Whom to consider at all.
  void gather() {
    space_.pool.reserve(fleet_.models.size());
    if (out_.decision.concrete) {
      for (const auto model : out_.asked.models)
        add(model, traits_of(model), Group::target, "concrete model");
      return;
    }
    const bool restricted = goal_ == nullptr && !out_.asked.models.empty();
    const auto& asked = out_.asked.models;
    std::pmr::vector<char> has_preferred(fleet_.hosts.size(), 0, &space_.memory);
    for (std::size_t i = 0; i < fleet_.models.size(); ++i) {
      const Traits* traits = traits_of(i);
      const core::ModelView& model = fleet_.models[i];
      const core::HostView& host = fleet_.host_of(model);
      if (restricted && std::find(asked.begin(), asked.end(), i) == asked.end()) continue;
      const bool right_kind =
          facts_.embeddings ? model.can.embeddings : model.can.chat || model.can.completion;
      const bool is_goal = goal_ != nullptr && belongs(*goal_, *traits, host, model);
      const bool named = is_goal && goal_->kind >= Target::Kind::provider_model;
      if (!named && (traits->hidden || !right_kind)) continue;
      if (traits->preference) has_preferred[model.host] = 1;
      add(i, traits, is_goal ? Group::target : Group::rest,
          is_goal            ? why_
          : goal_ != nullptr ? "fallback"
                             : "utility");
      if (out_.rule != nullptr && !named && !is_goal) place_in_fallback(space_.pool.back(), host, model);
    }
    // Where the operator listed models and some of them are there, auto uses no others.
    const auto unlisted = [&](const Prospect& prospect) {
      const bool named =
          prospect.group == Group::target && goal_ != nullptr && goal_->kind >= Target::Kind::provider_model;
      return !named && !facts_.embeddings && !prospect.traits->preference &&
             has_preferred[fleet_.models[prospect.model].host] != 0 && prospect.order == 0;
    };
    std::erase_if(space_.pool, unlisted);
    if (out_.rule != nullptr && out_.rule->source.only && goal_ != nullptr) {
      std::erase_if(space_.pool, [](const Prospect& p) { return p.group == Group::rest && p.order == 0; });
    }
  }

  // order > 0 marks members of any fallback list; only lists for any cause make the second group.
  void place_in_fallback(Prospect& prospect, const core::HostView& host, const core::ModelView& model) {
    int order = 0;
    for (const auto& list : out_.rule->fallback) {
      for (const auto& target : list.targets) {
        ++order;
        if (!belongs(target, *prospect.traits, host, model)) continue;
        if (prospect.order == 0) prospect.order = order;
        if (list.cause || prospect.group == Group::fallback) continue;
        prospect.group = Group::fallback;
        prospect.order = order;
        prospect.why = "rule fallback";
      }
    }
  }

  // Gates; and the worth of who passes.
  void sieve() {
    space_.ranked.reserve(space_.pool.size());
    sift(facts_);
    if (!space_.ranked.empty() || !facts_.thinking || !facts_.thinking_is_hint) return;
    Facts without = facts_;
    without.thinking = false;
    out_.decision.excluded.clear();
    sift(without);
  }

  void sift(const Facts& facts) {
    for (auto& prospect : space_.pool) {
      prospect.shut = closed_gate(facts, policy_, fleet_, prospect, facts.local_only || local_only_);
      if (prospect.shut) {
        out_.decision.excluded.push_back(
            {prospect.model, *prospect.shut,
             gate_reason(*prospect.shut, facts, policy_, fleet_, prospect.model)});
        continue;
      }
      estimate(prospect, facts, policy_, fleet_, out_.prefer);
      space_.ranked.push_back(&prospect);
    }
  }

  void put_in_order() {
    std::sort(space_.ranked.begin(), space_.ranked.end(), [](const Prospect* a, const Prospect* b) {
      if (a->group != b->group) return a->group < b->group;
      if (a->group == Group::fallback && a->order != b->order) return a->order < b->order;
      if (a->terms.utility != b->terms.utility) return a->terms.utility > b->terms.utility;
      const int pa = a->traits->preference.value_or(1 << 20), pb = b->traits->preference.value_or(1 << 20);
      return pa != pb ? pa < pb : a->model < b->model;
    });
  }

  void move_to_front(std::size_t position) {
    const auto at = space_.ranked.begin() + static_cast<std::ptrdiff_t>(position);
    std::rotate(space_.ranked.begin(), at, at + 1);
  }

  // Stay with the conversation's model, or explore, or take the best.
  void put_first() {
    auto& ranked = space_.ranked;
    Decision& decision = out_.decision;
    best_utility_ = ranked.front()->terms.utility;
    runner_up_ = ranked.size() > 1 ? ranked[1]->terms.utility : best_utility_ - 1;
    const bool session = facts_.tool_loop || facts_.running;
    if (session && stay()) {
      decision.stuck = true;
      ranked.front()->propensity = 1;
      return;
    }
    const bool may_explore = facts_.may_explore && !session && !decision.concrete && !facts_.embeddings;
    const auto trial = policy_.learned != nullptr ? policy_.learned->trial : Trial::none;
    const auto position = choose(ranked, compiled_.settings.exploration, trial, may_explore, random01_);
    decision.explored = position != 0;
    decision.propensity = ranked[position]->propensity * arm_share_;
    if (decision.explored) {
      ranked[position]->why = "exploration";
      move_to_front(position);
    }
  }

  bool stay() {
    auto& ranked = space_.ranked;
    if (facts_.previous_model.empty()) return false;
    if (!facts_.tool_loop && !compiled_.settings.stickiness.conversations) return false;
    const auto same = std::find_if(ranked.begin(), ranked.end(), [&](const Prospect* prospect) {
      return prospect->traits->id == facts_.previous_model &&
             (facts_.previous_provider.empty() ||
              equal_ignoring_case(prospect->traits->provider, facts_.previous_provider));
    });
    if (same == ranked.end()) {
      left_ = "; the conversation's model " + std::string(facts_.previous_model) + " cannot go on";
      return false;
    }
    const Prospect& before = **same;
    const Prospect& now = *ranked.front();
    if (!facts_.tool_loop && &before != &now && !out_.decision.concrete) {
      const bool upward =
          now.terms.quality - before.terms.quality >= compiled_.settings.stickiness.upward_gap;
      const bool wished = out_.explicit_wish || (out_.rule != nullptr && out_.rule->honours_explicit);
      if (upward || (wished && now.group < before.group)) {
        left_ = upward ? "; the conversation moves up" : "; moved as asked";
        return false;
      }
    }
    if (&before != &now) (*same)->why = "same model as before";
    move_to_front(static_cast<std::size_t>(same - ranked.begin()));
    return true;
  }

  void write_down() {
    Decision& decision = out_.decision;
    decision.ranked.reserve(space_.ranked.size());
    for (const Prospect* prospect : space_.ranked) {
      decision.ranked.push_back({prospect->model, prospect->terms.utility, prospect->terms.quality,
                                 prospect->seconds, prospect->seconds_first, prospect->why});
    }
    const Prospect& first = *space_.ranked.front();
    const bool on_goal = goal_ != nullptr && first.group == Group::target;
    if (decision.concrete) {
      decision.confidence = 1;
    } else if (out_.rule != nullptr && on_goal) {
      set_rule_confidence(decision, policy_, *out_.rule);
    } else {
      // Half sure at no gap, nearly sure at a gap of 0.3.
      decision.confidence = 1 - 0.5 * std::exp(-std::max(0.0, best_utility_ - runner_up_) / 0.1);
    }
    if (out_.rule != nullptr) write_detours();
    write_reason(first, on_goal);
  }

  void write_detours() {
    for (const auto& list : out_.rule->fallback) {
      Detour detour;
      detour.cause = list.cause;
      for (const auto& target : list.targets) {
        for (std::size_t i = 0; i < space_.ranked.size(); ++i) {
          const Prospect& prospect = *space_.ranked[i];
          const core::ModelView& model = fleet_.models[prospect.model];
          if (belongs(target, *prospect.traits, fleet_.host_of(model), model)) detour.positions.push_back(i);
        }
      }
      out_.decision.detours.push_back(std::move(detour));
    }
  }

  void write_reason(const Prospect& first, bool on_goal) {
    std::string& reason = out_.decision.reason;
    reason.reserve(160);
    if (out_.decision.concrete) {
      reason = "the client named this model";
    } else if (out_.rule != nullptr && goal_ != nullptr) {
      reason.append("rule '").append(out_.rule->name).append("' wants ");
      reason.append(goal_->text.empty() ? std::string_view("a tier") : std::string_view(goal_->text));
      if (!on_goal && !out_.decision.stuck) reason += ", which cannot take it now";
    } else if (on_goal) {
      reason.append("tier ").append(out_.decision.tier).append(" as wished");
    } else {
      reason = "best quality for the time";
    }
    if (out_.decision.stuck) reason += "; stays where the conversation is";
    if (out_.decision.explored) reason += "; another than the best, to learn";
    reason += left_;
    reason.append(": ").append(first.traits->provider).append("/").append(first.traits->id);
  }

  const Facts& facts_;
  const Policy& policy_;
  const Compiled& compiled_;
  const core::FleetView& fleet_;
  double random01_;
  Workspace& space_;
  Outcome out_;
  const Target* goal_ = nullptr;
  Target wished_tier_;
  std::string_view why_;
  double arm_share_ = 1;
  bool local_only_ = false;
  double best_utility_ = 0, runner_up_ = 0;
  std::string left_;
};

}  // namespace

bool applies(const CompiledRule& rule, const Facts& facts, bool explicit_wish) noexcept {
  if (!rule.source.enabled || (explicit_wish && !rule.honours_explicit)) return false;
  const auto& users = rule.source.users;
  return users.empty() || std::find(users.begin(), users.end(), facts.user) != users.end();
}

Outcome run(const Facts& facts, const Policy& policy, const core::FleetView& fleet, double random01,
            Workspace& space, const Resolved* asked) {
  return Deciding(facts, policy, fleet, random01, space, asked).run();
}

Decision decide(const Facts& facts, const Policy& policy, const core::FleetView& fleet, double random01,
                const Resolved* asked) {
  Workspace space;
  return std::move(run(facts, policy, fleet, random01, space, asked).decision);
}

}  // namespace codecrucible::router

#include "router/names.hpp"
#include "router/prospect.hpp"

#include <algorithm>

namespace codecrucible::router {
namespace {

// Nobody knows when a host comes back; probes run every few seconds.
constexpr std::chrono::seconds try_again{5};

struct Wording {
  std::string_view name, reason, param;
};

constexpr Wording wording(Gate gate) noexcept {
  switch (gate) {
    case Gate::key:
      return {"key", "the key may not use it", "model"};
    case Gate::privacy:
      return {"privacy", "not local", ""};
    case Gate::embeddings:
      return {"embeddings", "wrong kind of model", "model"};
    case Gate::tools:
      return {"tools", "no tools", "tools"};
    case Gate::vision:
      return {"vision", "no images", "messages"};
    case Gate::completion:
      return {"completion", "no raw completion", "prompt"};
    case Gate::insert:
      return {"insert", "no fill-in", "suffix"};
    case Gate::structured:
      return {"structured", "no JSON mode", "response_format"};
    case Gate::thinking:
      return {"thinking", "no reasoning", "reasoning_effort"};
    case Gate::logprobs:
      return {"logprobs", "no logprobs", "logprobs"};
    case Gate::window:
      return {"window", "window", "messages"};
    case Gate::unreachable:
      return {"unreachable", "unreachable", ""};
    case Gate::host_breaker:
      return {"host-breaker", "host is resting", ""};
    case Gate::model_breaker:
      return {"model-breaker", "model is resting", ""};
    case Gate::draining:
      return {"draining", "draining", ""};
  }
  return {};
}

bool allowed(const Facts& facts, std::string_view provider, const core::ModelView& model) noexcept {
  return facts.allowed_models.empty() ||
         std::any_of(facts.allowed_models.begin(), facts.allowed_models.end(),
                     [&](const std::string& pattern) {
                       return matches_model(pattern, provider, model.id) ||
                              (!model.public_id.empty() && matches_model(pattern, provider, model.public_id));
                     });
}

std::string name_of(const core::FleetView& fleet, std::size_t model) {
  return fleet.host_of(fleet.models[model]).name + "/" + fleet.models[model].id;
}

}  // namespace

std::string_view name(Gate gate) noexcept {
  return wording(gate).name;
}

std::int64_t tokens_needed(const Facts& facts, const UtilitySettings& settings,
                           double token_factor) noexcept {
  const auto estimated = std::clamp<std::int64_t>(facts.prompt_tokens, 0, std::int64_t{1} << 40);
  const auto prompt = static_cast<std::int64_t>(static_cast<double>(estimated) * token_factor);
  if (facts.embeddings) return prompt;
  std::int64_t answer = facts.max_tokens.value_or(settings.answer_reserve);
  // Messages demands `max_tokens`; its clients mean a ceiling, which bends to the window.
  if (facts.surface == core::Surface::anthropic_messages) answer = std::min(answer, settings.answer_reserve);
  return prompt + std::clamp<std::int64_t>(answer, 0, std::int64_t{1} << 40);
}

std::optional<Gate> closed_gate(const Facts& facts, const Policy& policy, const core::FleetView& fleet,
                                const Prospect& prospect, bool local_only) {
  const core::ModelView& model = fleet.models[prospect.model];
  const core::HostView& host = fleet.host_of(model);
  const core::Capabilities& can = model.can;
  if (!allowed(facts, host.name, model)) return Gate::key;
  if (local_only && !prospect.traits->local) return Gate::privacy;
  if (facts.embeddings ? !can.embeddings : !(can.chat || can.completion)) return Gate::embeddings;
  if (facts.tools && !can.tools) return Gate::tools;
  if (facts.vision && !can.vision) return Gate::vision;
  if (facts.completion && !can.completion) return Gate::completion;
  if (facts.insert && !can.insert) return Gate::insert;
  if (facts.structured && !can.structured) return Gate::structured;
  if (facts.thinking && !can.thinking) return Gate::thinking;
  if (facts.logprobs && !can.logprobs) return Gate::logprobs;
  if (model.window &&
      tokens_needed(facts, policy.compiled->settings.utility, model.token_factor) > *model.window) {
    return Gate::window;
  }
  if (!host.reachable) return Gate::unreachable;
  if (host.breaker == core::BreakerState::open) return Gate::host_breaker;
  if (model.breaker == core::BreakerState::open) return Gate::model_breaker;
  if (host.draining) return Gate::draining;
  return std::nullopt;
}

std::string gate_reason(Gate gate, const Facts& facts, const Policy& policy, const core::FleetView& fleet,
                        std::size_t model) {
  if (gate == Gate::window) {
    const auto& shut = fleet.models[model];
    return "window " + std::to_string(shut.window.value_or(0)) + " < " +
           std::to_string(tokens_needed(facts, policy.compiled->settings.utility, shut.token_factor)) +
           " tokens needed";
  }
  const auto& trouble = fleet.host_of(fleet.models[model]).trouble;
  if (gate == Gate::unreachable && !trouble.empty()) return "unreachable: " + trouble;
  return std::string(wording(gate).reason);
}

core::Failure refusal_of(const Facts& facts, const Policy& policy, const core::FleetView& fleet,
                         const std::pmr::vector<Prospect>& pool) {
  // The candidate that came furthest tells the reason. One that only rests beats all: waiting helps.
  const auto furthest = std::max_element(pool.begin(), pool.end(), [](const auto& a, const auto& b) {
    return a.shut.value_or(Gate::key) < b.shut.value_or(Gate::key);
  });
  if (furthest == pool.end()) return nothing_there(fleet, facts.embeddings);
  const Gate gate = furthest->shut.value_or(Gate::key);
  if (gate >= Gate::unreachable) {
    std::string detail = "no backend can take this request now: ";
    std::size_t told = 0;
    for (const auto& prospect : pool) {
      if (prospect.shut < Gate::unreachable) continue;
      if (told++ == 3) {
        detail += "; …";
        break;
      }
      if (told > 1) detail += "; ";
      detail += name_of(fleet, prospect.model) + " (" +
                gate_reason(*prospect.shut, facts, policy, fleet, prospect.model) + ")";
    }
    auto failure = core::fail(core::Cause::no_backend, std::move(detail));
    failure.retry_after = try_again;
    return failure;
  }
  if (gate == Gate::window) {
    std::int64_t largest = 0;
    double factor = 1;
    for (const auto& prospect : pool) {
      const auto& model = fleet.models[prospect.model];
      if (prospect.shut != Gate::window || model.window.value_or(0) <= largest) continue;
      largest = *model.window;
      factor = model.token_factor;
    }
    const auto& utility = policy.compiled->settings.utility;
    const auto needed = tokens_needed(facts, utility, factor);
    const auto prompt = static_cast<std::int64_t>(static_cast<double>(facts.prompt_tokens) * factor);
    auto failure =
        core::fail(core::Cause::context_length,
                   "this request needs about " + std::to_string(needed) + " tokens (" +
                       std::to_string(prompt) + " in the prompt, " + std::to_string(needed - prompt) +
                       " for the answer), but the window is " + std::to_string(largest) + " tokens",
                   facts.embeddings ? "input" : "messages");
    failure.needed_tokens = needed;
    failure.window_tokens = largest;
    return failure;
  }
  if (gate == Gate::key)
    return core::fail(core::Cause::forbidden, "this key may not use this model", "model");
  const auto words = wording(gate);
  const std::string who = pool.size() == 1 ? "the model " + name_of(fleet, pool.front().model)
                                           : "every model that could be asked";
  return core::fail(core::Cause::unsupported,
                    who + " cannot serve this request: " + std::string(words.reason),
                    std::string(words.param));
}

core::Failure nothing_there(const core::FleetView& fleet, bool embeddings) {
  std::string detail;
  bool any_alive = false;
  for (const auto& host : fleet.hosts) {
    any_alive = any_alive || host.reachable;
    if (host.reachable) continue;
    detail += (detail.empty() ? "" : "; ") + host.name + " is unreachable";
    if (!host.trouble.empty()) detail += ": " + host.trouble;
  }
  if (any_alive) {
    detail = std::string(embeddings ? "no embedding model" : "no model") +
             " is installed on any reachable backend" + (detail.empty() ? "" : " (" + detail + ")");
  } else if (fleet.hosts.empty()) {
    detail = "no backend is configured or was found";
  }
  auto failure = core::fail(core::Cause::no_backend, std::move(detail));
  failure.retry_after = try_again;
  return failure;
}

}  // namespace codecrucible::router

#include "config/sections.hpp"

namespace codecrucible::config {

// `{ "ollama/qwen2.5:72b": 0.9, lmstudio: 0.1 }`
template <>
struct Form<std::vector<router::Split>> {
  static void read(std::vector<router::Split>& out, const Node& node, const Type& type, Reader& reader) {
    std::vector<std::pair<std::string, double>> pairs;
    Form<decltype(pairs)>::read(pairs, node, type, reader);
    out.clear();
    for (auto& [target, weight] : pairs) out.push_back({std::move(target), weight});
  }
  static Node show(const std::vector<router::Split>& splits, const Type&) {
    Node node = Node::map();
    for (const router::Split& split : splits)
      node.set(split.target, Node::scalar(number_to_text(split.weight)));
    return node;
  }
};

// `reason`, or `{reason, status}`.
template <>
struct Form<router::Deny> {
  static void read(router::Deny& out, const Node& node, const Type& type, Reader& reader) {
    if (!node.is_map()) {
      if (auto reason = reader.text(node, type.forms[0])) out.reason = std::move(*reason);
      return;
    }
    reader.read(*type.forms[1].shape, node, &out);
  }
  static Node show(const router::Deny& deny, const Type&) {
    if (deny.status == router::Deny{}.status) return Node::scalar(deny.reason, true);
    Node node = Node::map();
    node.set("reason", Node::scalar(deny.reason, true));
    node.set("status", Node::scalar(std::to_string(deny.status)));
    return node;
  }
};

// A list of targets, or a map from cause (or "any", or several with commas) to targets.
template <>
struct Form<std::vector<router::FallbackList>> {
  using Lists = std::vector<router::FallbackList>;
  using Targets = std::vector<std::string>;

  static void read(Lists& out, const Node& node, const Type& type, Reader& reader) {
    out.clear();
    if (!node.is_map()) {
      Targets targets;
      Form<Targets>::read(targets, node, type.forms[0], reader);
      out.push_back({{}, std::move(targets)});
      return;
    }
    std::vector<std::pair<std::string, Targets>> by_cause;
    Form<decltype(by_cause)>::read(by_cause, node, type.forms[1], reader);
    for (auto& [causes, targets] : by_cause) out.push_back({causes_of(causes), std::move(targets)});
  }

  static Node show(const Lists& lists, const Type&) {
    if (lists.size() == 1 && lists[0].causes.empty()) return targets_of(lists[0]);
    if (lists.empty()) return {};
    Node node = Node::map();
    for (const router::FallbackList& list : lists) {
      std::string causes;
      for (const std::string& cause : list.causes) causes += (causes.empty() ? "" : ", ") + cause;
      node.set(causes.empty() ? "any" : causes, targets_of(list));
    }
    return node;
  }

 private:
  static Targets causes_of(std::string_view text) {
    Targets causes;
    while (!text.empty()) {
      std::string_view one = text.substr(0, text.find(','));
      text.remove_prefix(std::min(text.size(), one.size() + 1));
      while (one.starts_with(' ')) one.remove_prefix(1);
      while (one.ends_with(' ')) one.remove_suffix(1);
      if (!one.empty() && one != "any") causes.emplace_back(one);
    }
    return causes;
  }
  static Node targets_of(const router::FallbackList& list) {
    Node node = Node::list();
    for (const std::string& target : list.targets) node.items.push_back(Node::scalar(target, true));
    return node;
  }
};

namespace {

Shape rule() {
  Rows<RuleDraft> rows;
  using R = RuleDraft;
  const Type share = number(0, 1);
  Shape deny;
  {
    Rows<router::Deny> parts;
    parts.add("reason", nonempty(), &router::Deny::reason, "Told to the client.").required = true;
    parts.add("status", integer(400, 403), &router::Deny::status, "400 or 403.");
    deny = std::move(parts).shape();
  }
  const Type targets = list_of(nonempty());
  rows.add("name", text(), &R::name, "Short name, shown in x-codecrucible-rule.");
  rows.add("condition", text(), &R::condition, "When the rule speaks; empty: always.");
  rows.add("target", text(), &R::target, "Provider, \"provider/model\", model or tier that shall answer.");
  rows.add("model", text(), &R::model, "Model that shall answer; with target: this model there.");
  rows.add("tier", text(), &R::tier, "Tier that shall answer.");
  rows.add("weights", map_of(number(0, 1e6)), &R::weights, "A/B split: target and its weight.");
  rows.add("stickBy", choice({"conversation", "user"}), &R::stick_by,
           "What keeps a client on its arm of a split.");
  rows.add("users", targets, &R::users, "Only for these users.");
  rows.add("fallback", either({targets, map_of(targets)}), &R::fallback,
           "Where to go when an attempt failed: a list, or a map from causes (refused, overloaded, timeout, "
           "any …).");
  rows.add("deny", either({nonempty(), object(std::move(deny))}), &R::deny, "Refuse, with this reason.");
  rows.add("confidence", share, &R::confidence, "How sure you are.");
  rows.add("escalationThreshold", share, &R::escalation_threshold,
           "Answers less sure than this go to a stronger model.");
  rows.add("prefer", choice({"balanced", "fast", "quality"}), &R::prefer,
           "Moves the weight between time and quality.");
  rows.add("localOnly", boolean(), &R::local_only, "Only providers that are marked local.");
  rows.add("only", boolean(), &R::only, "Nobody but the target may answer.");
  rows.add("always", boolean(), &R::always, "Also when the client asked for a model by name.");
  rows.add("cacheTtl", duration(milliseconds{0}, std::chrono::hours{24 * 365}), &R::cache_ttl,
           "How long the answers are kept in the cache; 0: not at all.");
  rows.add("enabled", boolean(), &R::enabled, "false: the rule is skipped.");
  rows.add("description", text(), &R::description, "Why, for people; shown where it decides.");
  return std::move(rows).shape();
}

Shape utility() {
  Rows<router::UtilitySettings> rows;
  using U = router::UtilitySettings;
  rows.add("timeWeight", number(0, 10), &U::time_weight, "Price of time.");
  rows.add("timeScale", duration(milliseconds{1}, std::chrono::hours{24}), &U::time_scale,
           "Time that begins to hurt.");
  rows.add("fastFactor", number(0, 1000), &U::fast_factor, "Price of time for --fast and auto-fast.");
  rows.add("qualityFactor", number(0, 1000), &U::quality_factor,
           "Price of time for --quality and auto-quality.");
  rows.add("defaultParameters", number(0.01, 10'000), &U::default_parameters_billion,
           "Billions of parameters of a model that does not tell.");
  rows.add("priorWeight", number(0, 1e6), &U::prior_weight,
           "What the prior weighs against observed quality, in observations.");
  rows.add("decodePerBillion", number(0.001, 1e6), &U::decode_per_billion,
           "Tokens per second of a model with a billion parameters, until measured.");
  rows.add("prefillPerBillion", number(0.001, 1e7), &U::prefill_per_billion,
           "The same for reading the prompt.");
  rows.add("loadGigabytesPerSecond", number(0.001, 1000), &U::load_gigabytes_per_second,
           "Speed of loading, until measured.");
  rows.add("answerReserve", integer(0, 1'000'000), &U::answer_reserve,
           "Tokens of the window kept for the answer when the client gives no max_tokens.");
  return std::move(rows).shape();
}

Shape exploration() {
  Rows<router::ExplorationSettings> rows;
  using E = router::ExplorationSettings;
  rows.add("enabled", choice({"false", "auto", "true"}), &E::enabled,
           "Try others than the best one now and then, to learn; auto: where a learned policy decides.");
  rows.add("mode", choice({"epsilon", "softmax"}), &E::mode, "How the others are drawn.");
  rows.add("budget", number(0, 1), &E::budget, "Largest share of requests that do not get the best one.");
  rows.add("temperature", number(0.0001, 10), &E::temperature, "For softmax.");
  rows.add("maxGap", number(0, 10), &E::max_gap, "Never try what seems worse by more than this.");
  return std::move(rows).shape();
}

Shape judge() {
  Rows<classifier::JudgeSettings> rows;
  using J = classifier::JudgeSettings;
  rows.add("enabled", boolean(), &J::enabled,
           "Ask a small model when rules and trained model disagree or are unsure.");
  rows.add("model", nonempty(), &J::model,
           "Which one. Asked only while it is in memory; it is never loaded for this.");
  rows.add("timeout", duration(milliseconds{10}, std::chrono::minutes{1}), &J::timeout,
           "Longest wait for it; after that the first layers' word stands.");
  rows.add("cacheEntries", integer(0, 1'000'000), &J::cache_entries, "Its answers that are remembered.");
  return std::move(rows).shape();
}

Shape escalation() {
  Rows<confidence::Settings> rows;
  using C = confidence::Settings;
  rows.add("enabled", boolean(), &C::enabled,
           "Watch answers and move to a stronger model before a bad one is seen.");
  rows.add("holdTokens", integer(0, 4096), &C::hold_tokens, "Longest look at the beginning, in tokens.");
  rows.add("holdTime", duration(milliseconds{0}, std::chrono::minutes{1}), &C::hold_time,
           "Longest look, in time.");
  rows.add("maxEscalations", integer(0, 5), &C::max_escalations, "Per request.");
  rows.add("safeAbove", number(0, 1), &C::safe_above,
           "Picks of at least this expected quality are not held at all.");
  rows.add("secondSampleBelow", number(0, 1), &C::second_sample_below,
           "Below this expected quality one more small answer is drawn to compare with.");
  rows.add("secondSampleShare", number(0, 1), &C::second_sample_share,
           "Such second answers may be drawn for this share of all requests.");
  rows.add("wholeToolCalls", boolean(), &C::whole_tool_calls, "Hold a tool call until it is whole.");
  rows.add("repairToolCalls", boolean(), &C::repair_tool_calls,
           "Mend tool calls that do not fit their schema.");
  rows.add("share", number(0, 1), &C::escalation_share, "Escalations may be this share of all requests …");
  rows.add("burst", number(0, 10'000), &C::escalation_burst, "… plus so many saved up.");
  rows.add("extraTime", duration(milliseconds{0}, std::chrono::hours{1}), &C::extra_time,
           "Longest that a request may wait beyond its first answer.");
  rows.add("headStartShare", number(0, 1), &C::head_start_share,
           "On doubt the stronger model starts before the verdict, where it has room, for this share of all "
           "requests; who is not needed is cancelled.");
  rows.add("modelFile", text(), &C::model_file, "File with the trained judgement.");
  return std::move(rows).shape();
}

}  // namespace

void add_routing_section(Rows<Draft>& rows) {
  Rows<Draft> routing;
  const Type share = number(0, 1);
  routing.add(
      "escalationThreshold", share, [](Draft& d) -> auto& { return d.settings.routing.escalation_threshold; },
      "Answers less sure than this go to a stronger model.");
  routing.add(
      "tierThresholds", map_of(share), [](Draft& d) -> auto& { return d.settings.routing.tier_thresholds; },
      "The same for answers of a tier: its name and threshold.");
  routing.add(
      "confidenceThreshold", share,
      [](Draft& d) -> auto& { return d.settings.classifier.confidence_threshold; },
      "The trained classifier decides alone above it.");
  routing.add(
      "confidenceFloor", share, [](Draft& d) -> auto& { return d.settings.classifier.floor; },
      "Below it the trained classifier is not heard if the rules spoke.");
  routing.add(
      "parserType", choice({"rule-based", "ml", "ensemble"}),
      [](Draft& d) -> auto& { return d.settings.classifier.parser_type; },
      "Who classifies: rules, the trained model, or both weighed.");
  routing.add(
      "classifierModel", text(), [](Draft& d) -> auto& { return d.settings.classifier.model_file; },
      "File written by `codecrucible train`.");
  routing.add(
      "classifierVectors", text(), [](Draft& d) -> auto& { return d.settings.classifier.vectors_file; },
      "Word vectors that it was trained with.");
  routing.add(
      "longContext", integer(256, 100'000'000),
      [](Draft& d) -> auto& { return d.settings.classifier.long_context_tokens; },
      "Prompts of more tokens count as long.");
  routing.section(
      "judge", judge(), [](Draft& d) -> auto& { return d.settings.classifier.judge; },
      "A small model asked for a second opinion on the task.");
  routing.add(
      "defaultTier", text(), [](Draft& d) -> auto& { return d.settings.default_tier; },
      "Tier for requests that no rule speaks for; empty: the best utility of all.");
  routing.add(
      "unknownModel", choice({"refuse", "automatic"}),
      [](Draft& d) -> auto& { return d.settings.routing.unknown_model; },
      "A model name that nobody has: refuse it, or treat it as auto.");
  routing.section(
      "utility", utility(), [](Draft& d) -> auto& { return d.settings.routing.utility; },
      "How quality and time are weighed.");
  routing.section(
      "exploration", exploration(), [](Draft& d) -> auto& { return d.settings.routing.exploration; },
      "Trying others to learn.");
  Rows<router::StickinessSettings> stick;
  stick.add("conversations", boolean(), &router::StickinessSettings::conversations,
            "A conversation stays where it is; tool loops always do.");
  stick.add("upwardGap", number(0, 1), &router::StickinessSettings::upward_gap,
            "Unless another is better by this much.");
  routing.section(
      "stickiness", std::move(stick).shape(), [](Draft& d) -> auto& { return d.settings.routing.stickiness; },
      "Staying with one model through a conversation.");
  routing.section(
      "escalation", escalation(), [](Draft& d) -> auto& { return d.settings.confidence; },
      "Holding back the beginning of risky answers.");
  routing.add("rules", list_of(object(rule())), &Draft::rules,
              "Rules in order, the first whose condition is true speaks.");
  rows.section(
      "routing", std::move(routing).shape(), [](Draft& d) -> auto& { return d; }, "Who gets which request.");
}

}  // namespace codecrucible::config

#include "config/draft.hpp"

#include "config/bind.hpp"

#include <algorithm>
#include <cctype>

namespace codecrucible::config {
namespace {

constexpr std::string_view default_tier_rule = "defaultTier";

void fill_timeouts(ProviderDraft& provider, const fleet::TimeoutSettings& common) {
  provider.timeouts = common;
  provider.timeouts.connect = provider.connect.value_or(common.connect);
  provider.timeouts.first_token = provider.first_token.value_or(common.first_token);
  provider.timeouts.idle = provider.idle.value_or(common.idle);
  provider.timeouts.total = provider.total.value_or(common.total);
}

ProviderDraft draft_of(const Provider& provider, const fleet::TimeoutSettings& common) {
  ProviderDraft draft;
  static_cast<Provider&>(draft) = provider;
  const auto own = [](milliseconds value, milliseconds shared) {
    return value == shared ? std::optional<milliseconds>() : value;
  };
  draft.connect = own(provider.timeouts.connect, common.connect);
  draft.first_token = own(provider.timeouts.first_token, common.first_token);
  draft.idle = own(provider.timeouts.idle, common.idle);
  draft.total = own(provider.timeouts.total, common.total);
  return draft;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Checks what the table cannot say of a single value.
class Assembly {
 public:
  Assembly(const Node& root, Reader& reader) : root_(root), reader_(reader) {}

  void wrong(const std::string& path, std::string message, std::string hint = {}) {
    const Reader::Step step(reader_, "." + path);
    reader_.wrong(nearest_at(root_, path), std::move(message), std::move(hint));
  }

  void check_url(const Provider& provider, const std::string& path) {
    std::string_view rest = provider.url;
    if (rest.starts_with("http://")) {
      rest.remove_prefix(7);
    } else if (rest.starts_with("https://")) {
      rest.remove_prefix(8);
    } else {
      rest = {};
    }
    const bool clean = std::none_of(rest.begin(), rest.end(), [](unsigned char c) { return c <= ' '; });
    if (rest.empty() || rest.front() == '/' || rest.front() == ':' || !clean)
      wrong(path + ".url", "this is no URL of a server", "like http://127.0.0.1:1234");
  }

  void check_names(const std::vector<ProviderDraft>& others) {
    std::vector<std::string> seen{"lmstudio", "ollama"};
    for (std::size_t i = 0; i < others.size(); ++i) {
      const std::string name = lower(others[i].name);
      const std::string path = "providers[" + std::to_string(i) + "].name";
      if (std::find(seen.begin(), seen.end(), name) != seen.end())
        wrong(path, "two providers are called '" + name + "'");
      if (name.find_first_of("/ *") != std::string::npos)
        wrong(path, "a provider's name holds no '/', '*' or blank");
      seen.push_back(name);
    }
  }

  void check_tls(const net::ServerSettings::Tls& tls) {
    if (tls.certificate.empty() != tls.key.empty())
      wrong("server.tls", "TLS needs both 'certificate' and 'key'");
  }

  void check_image_hosts(const std::vector<std::string>& hosts) {
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      const std::string name = hosts[i].starts_with("*.") ? hosts[i].substr(2) : hosts[i];
      if (name.empty() || name.find_first_of("*/: ") != std::string::npos)
        wrong("security.remoteImages.hosts[" + std::to_string(i) + "]", "this is no name of a server",
              "like images.example.com or \"*.example.com\"");
    }
  }

  void check_keys(const std::vector<ApiKey>& keys) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string path = "security.keys[" + std::to_string(i) + "]";
      const ApiKey& key = keys[i];
      if (key.key.empty() == key.sha256.empty()) wrong(path, "give either 'key' or 'sha256'");
      const bool hex = std::all_of(key.sha256.begin(), key.sha256.end(),
                                   [](unsigned char c) { return std::isxdigit(c) != 0; });
      if (!key.sha256.empty() && (key.sha256.size() != 64 || !hex))
        wrong(path + ".sha256", "a SHA-256 has 64 hexadecimal digits");
    }
  }

 private:
  const Node& root_;
  Reader& reader_;
};

std::string keep_alive_json(const std::string& text) {
  return integer_of(text) ? text : "\"" + text + "\"";
}

fleet::HostSettings host_of(const Provider& provider) {
  fleet::HostSettings host;
  host.name = provider.name;
  host.kind = provider.kind;
  host.url = provider.url;
  host.api_key = provider.api_key;
  host.max_concurrent = provider.max_concurrent;
  host.max_loaded = provider.max_loaded;
  if (provider.vram_bytes) host.vram_bytes = static_cast<std::int64_t>(*provider.vram_bytes);
  host.preferred_models = provider.models;
  host.timeouts = provider.timeouts;
  host.weight = provider.weight;
  host.start_models = provider.auto_start_models;
  host.num_ctx = provider.num_ctx;
  if (!provider.keep_alive.empty()) host.keep_alive = keep_alive_json(provider.keep_alive);
  host.think_tags = provider.think_tags;
  for (const auto& [model, tokens] : provider.windows) {
    fleet::ModelSettings known;
    known.id = model;
    known.num_ctx = tokens;
    host.models.push_back(std::move(known));
  }
  return host;
}

void set_window(fleet::HostSettings& host, std::string_view model, std::int64_t tokens) {
  for (fleet::ModelSettings& known : host.models)
    if (known.id == model) {
      known.window = tokens;
      return;
    }
  fleet::ModelSettings known;
  known.id = std::string(model);
  known.window = tokens;
  host.models.push_back(std::move(known));
}

// A window of `models.overrides` belongs to one host ("provider/model") or to all.
void spread_window(std::vector<fleet::HostSettings>& hosts, std::string_view match, std::int64_t tokens) {
  const std::size_t slash = match.find('/');
  if (slash != std::string_view::npos) {
    const std::string provider = lower(match.substr(0, slash));
    for (fleet::HostSettings& host : hosts) {
      if (lower(host.name) != provider) continue;
      set_window(host, match.substr(slash + 1), tokens);
      return;
    }
  }
  for (fleet::HostSettings& host : hosts) set_window(host, match, tokens);
}

router::ModelOverride override_of(const std::string& match, const OverrideDraft& from) {
  router::ModelOverride to;
  to.match = match;
  to.quality = from.quality;
  to.task_quality = from.task_quality;
  to.parameters_billion = from.parameters;
  to.active_billion = from.active_parameters;
  to.tier = from.tier;
  to.hidden = from.hidden;
  return to;
}

}  // namespace

Draft default_draft() {
  Draft draft;
  draft.settings.profile = "none";
  draft.lmstudio.name = "lmstudio";
  draft.lmstudio.kind = core::ProviderKind::lmstudio;
  draft.lmstudio.url = "http://127.0.0.1:1234";
  draft.lmstudio.max_concurrent = 4;
  draft.ollama.name = "ollama";
  draft.ollama.kind = core::ProviderKind::ollama;
  draft.ollama.url = "http://127.0.0.1:11434";
  draft.ollama.max_concurrent = 2;
  draft.tiers = {{"fast", {"lmstudio"}}, {"quality", {"ollama"}}, {"strongest", {"ollama"}}};
  draft.rules = default_rules();
  return draft;
}

Settings settings_of(Draft draft, const Node& root, Reader& reader) {
  Assembly check(root, reader);
  Settings settings = std::move(draft.settings);
  draft.lmstudio.configured = root.find("lmStudio") != nullptr;
  draft.ollama.configured = root.find("ollama") != nullptr;
  check.check_url(draft.lmstudio, "lmStudio");
  check.check_url(draft.ollama, "ollama");
  check.check_names(draft.others);
  check.check_keys(settings.security.keys);
  check.check_image_hosts(settings.security.images.hosts);
  check.check_tls(settings.server.tls);
  std::vector<ProviderDraft> all{draft.lmstudio, draft.ollama};
  for (std::size_t i = 0; i < draft.others.size(); ++i) {
    check.check_url(draft.others[i], "providers[" + std::to_string(i) + "]");
    draft.others[i].configured = true;
    all.push_back(draft.others[i]);
  }
  for (ProviderDraft& provider : all) {
    fill_timeouts(provider, settings.fleet.timeouts);
    settings.providers.push_back(provider);
    settings.routing.providers.push_back({provider.name, provider.models, provider.local, provider.tier});
    if (provider.enabled) settings.fleet.hosts.push_back(host_of(provider));
  }
  for (auto& [name, target] : draft.aliases) settings.routing.aliases.push_back({name, target});
  for (auto& [name, targets] : draft.tiers) settings.routing.tiers.push_back({name, targets});
  for (const auto& [match, override] : draft.overrides) {
    settings.routing.models.push_back(override_of(match, override));
    if (!override.window) continue;
    if (match.find('*') != std::string::npos)
      check.wrong("models.overrides." + match + ".window",
                  "a window needs the model's full name, without '*'");
    spread_window(settings.fleet.hosts, match, *override.window);
  }
  for (std::size_t i = 0; i < draft.rules.size(); ++i) {
    RuleDraft& rule = draft.rules[i];
    if (rule.cache_ttl) settings.cache.rule_ttl.emplace_back(router::name_of(rule, i), *rule.cache_ttl);
    settings.routing.rules.push_back(std::move(rule));
  }
  if (!settings.default_tier.empty()) {
    router::Rule last;
    last.name = std::string(default_tier_rule);
    last.tier = settings.default_tier;
    settings.routing.rules.push_back(std::move(last));
  }
  return settings;
}

Draft draft_of(const Settings& settings) {
  Draft draft;
  draft.settings = settings;
  for (std::size_t i = 0; i < settings.providers.size(); ++i) {
    ProviderDraft provider = draft_of(settings.providers[i], settings.fleet.timeouts);
    if (i == 0) {
      draft.lmstudio = std::move(provider);
    } else if (i == 1) {
      draft.ollama = std::move(provider);
    } else {
      draft.others.push_back(std::move(provider));
    }
  }
  for (const router::Alias& alias : settings.routing.aliases)
    draft.aliases.emplace_back(alias.name, alias.target);
  for (const router::Tier& tier : settings.routing.tiers) draft.tiers.emplace_back(tier.name, tier.targets);
  for (const router::ModelOverride& from : settings.routing.models) {
    OverrideDraft to;
    to.quality = from.quality;
    to.task_quality = from.task_quality;
    to.parameters = from.parameters_billion;
    to.active_parameters = from.active_billion;
    to.tier = from.tier;
    to.hidden = from.hidden;
    for (const fleet::HostSettings& host : settings.fleet.hosts)
      for (const fleet::ModelSettings& known : host.models)
        if (known.id == from.match || host.name + "/" + known.id == from.match)
          if (known.window) to.window = known.window;
    draft.overrides.emplace_back(from.match, std::move(to));
  }
  for (std::size_t i = 0; i < settings.routing.rules.size(); ++i) {
    RuleDraft rule;
    static_cast<router::Rule&>(rule) = settings.routing.rules[i];
    for (const auto& [name, ttl] : settings.cache.rule_ttl)
      if (name == router::name_of(rule, i)) rule.cache_ttl = ttl;
    draft.rules.push_back(std::move(rule));
  }
  if (!settings.default_tier.empty() && !draft.rules.empty()) draft.rules.pop_back();
  return draft;
}

Node tree_of(const Settings& settings) {
  const Draft draft = draft_of(settings);
  Node node = Node::map();
  for (const Key& key : table()) node.set(key.name, key.show(&draft));
  return node;
}

}  // namespace codecrucible::config

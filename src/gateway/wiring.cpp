#include "gateway/certificate_watch.hpp"
#include "gateway/door_watch.hpp"
#include "gateway/embeddings.hpp"
#include "gateway/gateway.hpp"
#include "gateway/housekeeper.hpp"
#include "gateway/pages.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/prober.hpp"
#include "gateway/record.hpp"
#include "gateway/state_files.hpp"
#include "gateway/trained_files.hpp"
#include "gateway/visitors.hpp"
#include "net/descriptors.hpp"

#include <atomic>
#include <thread>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t remembered_conversations = 100'000;
constexpr std::size_t few_descriptors = 4096;  // an operator should know of it

router::KnownNames known_names(const config::Settings& settings) {
  router::KnownNames known;
  for (const auto& provider : settings.providers) known.providers.push_back(provider.name);
  return known;
}

// Probes say nothing that matters, preflights are told what they may, and the admin surface looks for itself.
bool takes_any_visitor(Page page) {
  return page == Page::healthz || page == Page::readyz || page == Page::preflight || page == Page::admin;
}

core::Result<SnapshotPtr> make_snapshot(config::Settings settings, std::uint64_t version,
                                        const ClassifierDesk& classifiers, TrainedFiles& trained,
                                        std::string& trouble) {
  auto snapshot = std::make_shared<Snapshot>();
  auto policy = router::compile(settings.routing, known_names(settings));
  if (!policy) return policy.error();
  snapshot->policy = std::move(*policy);
  snapshot->layers = trained.layers(settings.classifier, trouble);
  snapshot->judge = trained.judge(settings.confidence, trouble);
  snapshot->virtual_models = {"auto", "auto-fast", "auto-quality"};
  for (const auto& alias : settings.routing.aliases) {
    if (alias.name.find('*') == std::string::npos) snapshot->virtual_models.push_back(alias.name);
  }
  snapshot->cache_scope = cache_scope(settings);
  snapshot->keys = std::make_shared<const KeyRing>(settings.security.keys);
  snapshot->settings = std::move(settings);
  snapshot->version = version;
  classifiers.put_into(*snapshot);
  return SnapshotPtr(std::move(snapshot));
}

constexpr const char* program_version = "0.1.0";

telemetry::MetricsSettings metrics_settings(const config::Settings& settings, std::size_t workers) {
  telemetry::MetricsSettings out;
  out.workers = workers;
  out.max_series = settings.monitoring.max_models;
  out.dimensions = metric_dimensions();
  out.version = program_version;
  return out;
}

// Everything in the order in which it depends on each other; destroyed in reverse.
class Wired final : public Gateway {
 public:
  explicit Wired(const config::Settings& settings)
      : server_settings_(settings.server),
        workers_(settings.server.workers > 0 ? settings.server.workers
                                             : std::max(1U, std::thread::hardware_concurrency())),
        log_(telemetry::make_log(settings.logging)),
        metrics_(telemetry::make_metrics(metrics_settings(settings, workers_))),
        fleet_(settings.fleet, metrics_.get()),
        conversations_(remembered_conversations),
        housekeeper_(fleet_, rate_limits_, *log_, state_directory(settings)),
        history_(settings, workers_, *log_),
        cache_(settings.cache),
        learning_(settings, snapshots_, fleet_, *log_),
        classifiers_(settings, snapshots_, *log_),
        traces_(settings.tracing, settings.server, program_version, *log_),
        prober_(fleet_, *log_, *metrics_, settings.server) {
    server_settings_.workers = static_cast<unsigned>(workers_);
  }

  ~Wired() override { stop(); }

  core::Result<void> begin(config::Settings settings) {
    auto closed = check_openness(server_settings_.address, settings.security);
    if (!closed) return closed;
    std::string trouble;
    classifiers_.open();
    auto snapshot = make_snapshot(std::move(settings), 1, classifiers_, trained_, trouble);
    if (!snapshot) return snapshot.error();
    if (!trouble.empty()) log_->warn("not all trained models are in use", {{"reason", trouble}});
    warn_of(cache_.open((*snapshot)->settings));
    snapshots_.publish(std::move(*snapshot));
    net::ServerHooks hooks;
    hooks.serve = [this](net::Exchange& exchange) { return serve(exchange); };
    hooks.refuse = [](std::string_view path, const core::Failure& failure) {
      return wire::error_body(surface_of(path), failure, {});
    };
    hooks.count = [this](std::string_view what) {
      metrics_->door(what);
      door_watch_.heard(what);
    };
    server_ = net::make_server(server_settings_, std::move(hooks));
    const Shared shared{snapshots_, fleet_,       conversations_, turns_,      judgements_,  cache_,
                        *metrics_,  *log_,        history_,       learning_,   classifiers_, escalations_,
                        traces_,    rate_limits_, pictures_,      config_desk_};
    for (std::size_t i = 0; i < workers_; ++i) {
      desks_.push_back(std::make_unique<WorkerDesk>(server_->worker(i), shared));
    }
    housekeeper_.start();
    prober_.start();
    learning_.start();
    classifiers_.start();
    traces_.start();
    warn_of_descriptors();
    auto serving = server_->start();
    if (serving) certificate_ = std::make_unique<CertificateWatch>(*server_, server_settings_.tls, *log_);
    return serving;
  }

  std::uint16_t port() const override { return server_->port(); }

  core::Result<void> apply(config::Settings settings) override {
    auto closed = check_openness(server_settings_.address, settings.security);
    if (!closed) return closed;
    const auto current = snapshots_.current();
    auto fleet_settings = settings.fleet;
    std::string trouble;
    auto snapshot = make_snapshot(std::move(settings), current->version + 1, classifiers_, trained_, trouble);
    if (!trouble.empty()) log_->warn("not all trained models are in use", {{"reason", trouble}});
    if (!snapshot) return snapshot.error();
    fleet_.apply(std::move(fleet_settings));
    history_.apply((*snapshot)->settings);
    warn_of(cache_.apply((*snapshot)->settings));
    log_->set_level((*snapshot)->settings.logging.level);
    log_->set_access((*snapshot)->settings.logging.access);
    const auto learning_settings = (*snapshot)->settings;
    snapshots_.publish(std::move(*snapshot));
    learning_.apply(learning_settings);
    classifiers_.apply(learning_settings);
    certificate_->renew();
    metrics_->background().count(telemetry::Count::config_applied);
    return {};
  }

  ConfigDesk& configs(ConfigWays ways, const config::Settings& in_force) override {
    ways.publish = [this](config::Settings settings) { return apply(std::move(settings)); };
    const auto tell = std::move(ways.tell);
    ways.tell = [this, tell](bool applied, const std::vector<std::string>& lines) {
      std::string all;
      for (const auto& line : lines) all += (all.empty() ? "" : "; ") + line;
      if (applied) {
        log_->info("configuration applied", {{"changes", all}});
      } else {
        metrics_->background().count(telemetry::Count::config_rejected);
        log_->error("configuration refused, the old one stays", {{"problems", all}});
      }
      if (tell) tell(applied, lines);
    };
    configs_ = std::make_unique<ConfigDesk>(std::move(ways), in_force);
    config_desk_.store(configs_.get());
    return *configs_;
  }

  bool backends_asked(std::chrono::milliseconds patience) override { return prober_.asked_all(patience); }
  core::FleetViewPtr fleet() override { return fleet_.view(); }

  void stop() override {
    if (stopped_ || server_ == nullptr) return;
    stopped_ = true;
    server_->stop();
    config_desk_.store(nullptr);
    configs_.reset();
    certificate_.reset();
    learning_.stop();
    classifiers_.stop();
    traces_.stop();
    history_.close();
    log_->flush();
  }

 private:
  void warn_of_descriptors() {
    const auto limit = net::descriptor_limit();
    if (net::connections_within(limit) >= server_settings_.max_connections) return;
    const auto advice = net::descriptor_advice(limit);
    const auto level = limit < few_descriptors ? telemetry::Level::warn : telemetry::Level::info;
    log_->write(level, "fewer connections can be taken than server.maxConnections says",
                {{"advice", std::string_view(advice)}});
  }

  void warn_of(const std::vector<std::string>& troubles) {
    for (const auto& trouble : troubles) log_->warn("cache", {{"reason", trouble}});
  }

  net::task<> serve(net::Exchange& exchange) {
    auto& desk = *desks_[exchange.worker().index()];
    const auto found = route(exchange.method(), exchange.path());
    if (!found) {
      metrics_->door(core::label(found.error().cause));
      co_await refuse(exchange, desk.random, surface_of(exchange.path()), found.error());
      co_return;
    }
    auto guest = enter(exchange, desk, found->page);
    if (!guest) {
      metrics_->door(core::label(guest.error().cause));
      co_await refuse(exchange, desk.random, found->surface, guest.error());
    } else if (found->page == Page::chat) {
      co_await serve_chat(exchange, desk, found->surface, *guest);
    } else if (found->page == Page::embeddings) {
      co_await serve_embeddings(exchange, desk, found->surface, *guest);
    } else {
      co_await serve_page(exchange, desk, *found);
    }
  }

  // The admin surface looks at its own key; probes and scrapers bring none.
  core::Result<Guest> enter(const net::Exchange& exchange, WorkerDesk& desk, Page page) {
    bool open = true;
    switch (page) {
      case Page::admin:
      case Page::healthz:
      case Page::readyz:
      case Page::metrics:
      case Page::openapi:
      case Page::preflight:
      case Page::ollama_root:
        break;
      default:
        open = false;
    }
    const auto& snapshot = *desk.snapshot.current();
    if (snapshot.keys->empty() && !takes_any_visitor(page)) {
      auto known = check_visitor(exchange, snapshot.settings.security);
      if (!known) return known.error();
    }
    if (open) return Guest{};
    return admit_guest(exchange, snapshot.keys, rate_limits_);
  }

  net::ServerSettings server_settings_;
  std::size_t workers_;
  std::unique_ptr<telemetry::Log> log_;
  std::unique_ptr<telemetry::Metrics> metrics_;
  DoorWatch door_watch_{*log_};
  TrainedFiles trained_;
  SnapshotStore snapshots_;
  FleetDesk fleet_;
  Conversations conversations_;
  cache::Turns turns_;
  JudgeMemory judgements_;
  RateLimits rate_limits_;
  Housekeeper housekeeper_;
  HistoryDesk history_;
  CacheDesk cache_;
  LearningDesk learning_;
  ClassifierDesk classifiers_;
  EscalationBudget escalations_;
  TraceDesk traces_;
  PictureShelf pictures_;
  Prober prober_;
  std::vector<std::unique_ptr<WorkerDesk>> desks_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<CertificateWatch> certificate_;
  std::unique_ptr<ConfigDesk> configs_;
  std::atomic<ConfigDesk*> config_desk_{nullptr};
  bool stopped_ = false;
};

}  // namespace

core::Result<std::unique_ptr<Gateway>> start(config::Settings settings) {
  auto gateway = std::make_unique<Wired>(settings);
  const auto begun = gateway->begin(std::move(settings));
  if (!begun) return begun.error();
  return std::unique_ptr<Gateway>(std::move(gateway));
}

}  // namespace codecrucible::gateway

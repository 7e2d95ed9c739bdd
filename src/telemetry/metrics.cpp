#include "telemetry/metrics.hpp"

#include "telemetry/cells.hpp"
#include "telemetry/families.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

namespace codecrucible::telemetry {
namespace {

const std::string prefix = "codecrucible_";

struct CountName {
  std::string_view family, help, label, value;
};

// In the order of Count.
constexpr CountName count_names[] = {
    {"escalations_total", "Answers judged too weak, by what came of it.", "result", "escalated"},
    {"escalations_total", "", "result", "refused"},
    {"escalations_total", "", "result", "kept"},
    {"held_total", "Answers whose beginning was held back for judging.", "", ""},
    {"tool_calls_repaired_total", "Tool calls whose arguments were mended to fit their schema.", "", ""},
    {"second_answers_total", "Further small answers drawn to compare with.", "", ""},
    {"head_starts_total", "Stronger models started on doubt, before the verdict.", "result", "taken"},
    {"head_starts_total", "", "result", "dropped"},
    {"cache_lookups_total", "Looks into the cache, by result.", "result", "exact_hit"},
    {"cache_lookups_total", "", "result", "semantic_hit"},
    {"cache_lookups_total", "", "result", "shared"},
    {"cache_lookups_total", "", "result", "miss"},
    {"cache_stores_total", "Answers put into the cache.", "", ""},
    {"queue_events_total", "What happened to requests that had to wait for a slot.", "event", "entered"},
    {"queue_events_total", "", "event", "refused"},
    {"queue_events_total", "", "event", "expired"},
    {"queue_events_total", "", "event", "left"},
    {"breaker_transitions_total", "Breakers that opened or closed.", "to", "open"},
    {"breaker_transitions_total", "", "to", "closed"},
    {"client_gone_total", "Generations cancelled because nobody reads them.", "", ""},
    {"swaps_avoided_total", "Loads not started because they would evict a running model.", "", ""},
    {"model_loads_total", "Model loads asked for or seen.", "", ""},
    {"denied_total", "Requests refused by a rule.", "", ""},
    {"explored_total", "Requests that went elsewhere than to the best candidate, to learn.", "", ""},
    {"history_dropped_total", "Records lost because the history's queue was full.", "", ""},
    {"config_reloads_total", "New configs, by result.", "result", "applied"},
    {"config_reloads_total", "", "result", "rejected"},
    {"handler_exceptions_total", "Requests ended by an exception of ours.", "", ""},
    {"shadow_requests_total", "Copies of requests for another policy's choice, by what came of them.",
     "result", "answered"},
    {"shadow_requests_total", "", "result", "failed"},
    {"shadow_requests_total", "", "result", "skipped"},
};
static_assert(std::size(count_names) == count_kinds);

// Words counted by any thread; a word is added under a lock once and found without one afterwards.
class Words {
 public:
  void count(std::string_view word) noexcept {
    const std::size_t known = size_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < known; ++i)
      if (slots_[i].word == word) {
        slots_[i].cell.add(1, true);
        return;
      }
    add(word);
  }

  template <class Each>
  void each(Each&& visit) const {
    const std::size_t known = size_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < known; ++i) visit(slots_[i].word, slots_[i].cell.value());
  }

 private:
  struct Slot {
    std::string word;
    Cell cell;
  };

  void add(std::string_view word) noexcept {
    const std::scoped_lock lock(mutex_);
    const std::size_t known = size_.load(std::memory_order_relaxed);
    std::size_t at = 0;
    while (at < known && slots_[at].word != word) ++at;
    if (at == known && known == slots_.size()) at = known - 1;  // the last slot is "other"
    if (at == known) {
      try {
        slots_[at].word = known + 1 == slots_.size() ? std::string("other") : std::string(word);
      } catch (const std::bad_alloc&) {
        return;
      }
      size_.store(known + 1, std::memory_order_release);
    }
    slots_[at].cell.add(1, true);
  }

  std::array<Slot, 64> slots_;
  std::atomic<std::size_t> size_{0};
  std::mutex mutex_;
};

class Registry : public Metrics {
 public:
  explicit Registry(MetricsSettings settings)
      : settings_(std::move(settings)),
        names_{{"", ""}},
        background_(settings_.dimensions, capacity(), true) {
    for (auto* names :
         {&settings_.dimensions.surfaces, &settings_.dimensions.outcomes, &settings_.dimensions.tasks})
      if (names->empty()) names->push_back("none");
    for (std::size_t i = 0; i < std::max<std::size_t>(settings_.workers, 1); ++i)
      workers_.push_back(std::make_unique<Cells>(settings_.dimensions, capacity(), false));
  }

  Recorder& worker(std::size_t index) override { return *workers_.at(index); }
  Recorder& background() override { return background_; }

  Series series(std::string_view provider, std::string_view model) override {
    const std::scoped_lock lock(mutex_);
    const auto known = find(provider, model);
    if (known) return *known;
    if (models_ < settings_.max_series) {
      ++models_;
      return append(provider, model);
    }
    const auto other = find(provider, "other");
    if (other) return *other;
    if (names_.size() + 1 < capacity()) return append(provider, "other");
    const auto all = find("other", "other");
    return all ? *all : append("other", "other");
  }

  void door(std::string_view what) noexcept override { door_.count(what); }

  void doubted(std::string_view reason) noexcept override { doubted_.count(reason); }
  void decided(std::string_view rule) noexcept override { decided_.count(rule.empty() ? "none" : rule); }

  void host_event(std::string_view provider, std::string_view event) noexcept override {
    try {
      const std::scoped_lock lock(mutex_);
      const std::pair<std::string, std::string> key{provider, event};
      if (host_events_.size() < max_host_events || host_events_.contains(key)) ++host_events_[key];
    } catch (const std::bad_alloc&) {  // a lost count is better than a lost request
    }
  }

  std::string render(std::span<const Sample> samples) const override;

  std::uint64_t total(Count what) const override {
    std::uint64_t sum = 0;
    each([&](const Cells& cells) { sum += cells.counted(what); });
    return sum;
  }
  std::int64_t current(Gauge what) const override {
    std::int64_t sum = 0;
    each([&](const Cells& cells) { sum += cells.level(what); });
    return sum;
  }
  std::uint64_t requests(std::size_t outcome) const override {
    std::uint64_t sum = 0;
    if (outcome >= settings_.dimensions.outcomes.size()) return 0;
    for (std::size_t i = 0; i < settings_.dimensions.surfaces.size(); ++i)
      each([&](const Cells& cells) { sum += cells.surface(i).requests[outcome].value(); });
    return sum;
  }

 private:
  static constexpr std::size_t max_host_events = 1000;
  static constexpr std::size_t others = 32;  // providers that get a model="other" of their own

  // 0 = none, the models, "other" per provider, "other" of all.
  std::size_t capacity() const noexcept { return 1 + settings_.max_series + others + 1; }

  std::optional<Series> find(std::string_view provider, std::string_view model) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i].first == provider && names_[i].second == model) return static_cast<Series>(i);
    return std::nullopt;
  }
  Series append(std::string_view provider, std::string_view model) {
    names_.emplace_back(provider, model);
    return static_cast<Series>(names_.size() - 1);
  }

  template <class Each>
  void each(Each&& visit) const {
    for (const auto& cells : workers_) visit(*cells);
    visit(background_);
  }

  template <std::size_t N, class Where>
  void histogram(Families& out, const std::string& name, const std::string& help, Labels labels,
                 const double (&bounds)[N], Where&& where) const {
    std::array<std::uint64_t, N + 1> counts{};
    double sum = 0;
    each([&](const Cells& cells) {
      const Buckets<N>* const from = where(cells);
      if (!from) return;
      for (std::size_t i = 0; i <= N; ++i) counts[i] += from->in(i);
      sum += from->sum();
    });
    if (std::any_of(counts.begin(), counts.end(), [](std::uint64_t n) { return n != 0; }))
      out.histogram(prefix + name, help, std::move(labels), bounds, counts, sum);
  }

  void add_surfaces(Families& out) const;
  void add_series(Families& out, std::size_t index, const std::string& provider,
                  const std::string& model) const;
  void add_tasks(Families& out) const;
  void add_counts(Families& out) const;

  MetricsSettings settings_;
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> names_;  // by Series
  std::size_t models_ = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> host_events_;
  Words door_, doubted_, decided_;
  std::vector<std::unique_ptr<Cells>> workers_;
  Cells background_;
};

void Registry::add_surfaces(Families& out) const {
  const Dimensions& names = settings_.dimensions;
  for (std::size_t s = 0; s < names.surfaces.size(); ++s) {
    for (std::size_t o = 0; o < names.outcomes.size(); ++o) {
      std::uint64_t sum = 0;
      each([&](const Cells& cells) { sum += cells.surface(s).requests[o].value(); });
      if (sum != 0)
        out.counter(prefix + "requests_total", "Finished requests by surface and outcome.",
                    {{"surface", names.surfaces[s]}, {"outcome", names.outcomes[o]}},
                    static_cast<double>(sum));
    }
    histogram(
        out, "overhead_seconds",
        "The gateway's own share of a request: its duration without waiting for backend, queue or client.",
        {{"surface", names.surfaces[s]}}, overhead_bounds,
        [s](const Cells& cells) { return &cells.surface(s).overhead; });
  }
}

void Registry::add_series(Families& out, std::size_t index, const std::string& provider,
                          const std::string& model) const {
  const Dimensions& names = settings_.dimensions;
  const Labels labels{{"provider", provider}, {"model", model}};
  const auto sum_of = [&](auto&& value) {
    std::uint64_t sum = 0;
    each([&](const Cells& cells) {
      if (const SeriesCells* const series = cells.series(index)) sum += value(*series);
    });
    return static_cast<double>(sum);
  };
  const auto with = [&](std::initializer_list<std::pair<std::string, std::string>> more) {
    Labels all = labels;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  for (std::size_t t = 0; t < names.tasks.size(); ++t)
    for (std::size_t o = 0; o < names.outcomes.size(); ++o) {
      const double sum = sum_of(
          [&](const SeriesCells& cells) { return cells.requests[t * names.outcomes.size() + o].value(); });
      if (sum > 0)
        out.counter(prefix + "gen_ai_requests_total", "Finished requests by who answered, task and outcome.",
                    with({{"task", names.tasks[t]}, {"outcome", names.outcomes[o]}}), sum);
    }
  for (std::size_t o = 0; o < names.outcomes.size(); ++o) {
    const double sum = sum_of([&](const SeriesCells& cells) { return cells.attempts[o].value(); });
    if (sum > 0)
      out.counter(prefix + "gen_ai_attempts_total", "Tries at backends by outcome.",
                  with({{"outcome", names.outcomes[o]}}), sum);
  }
  const double prompt = sum_of([](const SeriesCells& cells) { return cells.prompt_tokens.value(); });
  const double completion = sum_of([](const SeriesCells& cells) { return cells.completion_tokens.value(); });
  const std::string tokens = prefix + "gen_ai_client_token_usage_total";
  if (prompt > 0)
    out.counter(tokens, "Tokens of prompts and answers.", with({{"token_type", "input"}}), prompt);
  if (completion > 0)
    out.counter(tokens, "Tokens of prompts and answers.", with({{"token_type", "output"}}), completion);
  histogram(out, "gen_ai_server_time_to_first_token_seconds",
            "Time to the first token, as the client sees it.", labels, first_token_bounds,
            [index](const Cells& cells) {
              const SeriesCells* const series = cells.series(index);
              return series ? &series->first_token : nullptr;
            });
  histogram(out, "gen_ai_server_request_duration_seconds", "Time to the end of the answer.", labels,
            duration_bounds, [index](const Cells& cells) {
              const SeriesCells* const series = cells.series(index);
              return series ? &series->duration : nullptr;
            });
}

void Registry::add_tasks(Families& out) const {
  for (std::size_t t = 0; t < settings_.dimensions.tasks.size(); ++t) {
    const Labels labels{{"task", settings_.dimensions.tasks[t]}};
    histogram(out, "task_time_to_first_token_seconds", "Time to the first token, by kind of task.", labels,
              first_token_bounds, [t](const Cells& cells) { return &cells.task(t).first_token; });
    histogram(out, "task_duration_seconds", "Time to the end of the answer, by kind of task.", labels,
              duration_bounds, [t](const Cells& cells) { return &cells.task(t).duration; });
  }
}

void Registry::add_counts(Families& out) const {
  std::string help;
  for (std::size_t i = 0; i < count_kinds; ++i) {
    const CountName& name = count_names[i];
    if (!name.help.empty()) help = std::string(name.help);
    Labels labels;
    if (!name.label.empty()) labels.emplace_back(name.label, name.value);
    out.counter(prefix + std::string(name.family), help, std::move(labels),
                static_cast<double>(total(static_cast<Count>(i))));
  }
  const auto level = [&](Gauge what, std::string_view name, const std::string& about) {
    out.gauge(prefix + std::string(name), about, {}, static_cast<double>(current(what)));
  };
  level(Gauge::requests_running, "requests_running", "Requests being served.");
  level(Gauge::streams_open, "streams_open", "Streamed answers on their way.");
  level(Gauge::upstreams_running, "upstreams_running", "Calls to backends on their way.");
  histogram(out, "queue_wait_seconds", "Waiting for a slot.", {}, queue_bounds,
            [](const Cells& cells) { return &cells.queued(); });
  histogram(out, "prediction_error_ratio",
            "How far the foreseen time of an answer was from the actual one, its length known.", {},
            error_bounds, [](const Cells& cells) { return &cells.prediction_error(); });
  histogram(out, "answer_confidence", "Confidence of judged answers, 0 to 1.", {}, confidence_bounds,
            [](const Cells& cells) { return &cells.confidence(); });
  histogram(out, "held_seconds", "How long the first words of held answers waited for the judgement.", {},
            first_token_bounds, [](const Cells& cells) { return &cells.held(); });
  doubted_.each([&](const std::string& word, std::uint64_t times) {
    out.counter(prefix + "doubted_answers_total", "Answers judged too weak, by the strongest reason.",
                {{"reason", word}}, static_cast<double>(times));
  });
  decided_.each([&](const std::string& word, std::uint64_t times) {
    out.counter(prefix + "decisions_total", "Requests by the rule that decided; none: utility alone.",
                {{"rule", word}}, static_cast<double>(times));
  });
  door_.each([&](const std::string& word, std::uint64_t times) {
    out.counter(prefix + "door_events_total", "Connections and what was refused before it became a request.",
                {{"event", word}}, static_cast<double>(times));
  });
}

std::string Registry::render(std::span<const Sample> samples) const {
  Families out;
  out.gauge(prefix + "build_info", "The program that runs.",
            {{"version", settings_.version}, {"commit", settings_.commit}, {"compiler", __VERSION__}}, 1);
  add_surfaces(out);
  std::vector<std::pair<std::string, std::string>> names;
  std::map<std::pair<std::string, std::string>, std::uint64_t> events;
  {
    const std::scoped_lock lock(mutex_);
    names = names_;
    events = host_events_;
  }
  for (std::size_t i = 0; i < names.size(); ++i) add_series(out, i, names[i].first, names[i].second);
  add_tasks(out);
  add_counts(out);
  for (const auto& [key, times] : events)
    out.counter(prefix + "host_events_total", "What happened to backends.",
                {{"provider", key.first}, {"event", key.second}}, static_cast<double>(times));
  for (const Sample& sample : samples) {
    const std::string name = prefix + std::string(sample.name);
    if (sample.counter) {
      out.counter(name, std::string(sample.help), sample.labels, sample.value);
    } else {
      out.gauge(name, std::string(sample.help), sample.labels, sample.value);
    }
  }
  add_process(out);
  return out.text();
}

}  // namespace

Sample& add_sample(std::vector<Sample>& to, std::string_view name, std::string_view help, bool counter,
                   double value) {
  Sample& sample = to.emplace_back();
  sample.name = name;
  sample.help = help;
  sample.counter = counter;
  sample.value = value;
  return sample;
}

std::unique_ptr<Metrics> make_metrics(MetricsSettings settings) {
  return std::make_unique<Registry>(std::move(settings));
}

}  // namespace codecrucible::telemetry

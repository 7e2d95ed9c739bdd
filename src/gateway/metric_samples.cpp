#include "gateway/metric_samples.hpp"

namespace codecrucible::gateway {
namespace {

using telemetry::Sample;

double breaker_value(core::BreakerState state) {
  switch (state) {
    case core::BreakerState::closed:
      return 0;
    case core::BreakerState::half_open:
      return 0.5;
    case core::BreakerState::open:
      return 1;
  }
  return 0;
}

// What the cache holds, and what it gave up or never took.
void add_cache(const CacheDesk& caches, std::vector<Sample>& out) {
  const auto cache = caches.exact.holdings();
  const auto add = [&](std::string_view name, std::string_view help, bool counter, auto value) {
    telemetry::add_sample(out, name, help, counter, static_cast<double>(value));
  };
  add("cache_bytes", "Memory of the answers kept", false, cache.bytes);
  add("cache_limit_bytes", "Memory they may take", false, cache.limit);
  add("cache_answers", "Answers kept", false, cache.answers);
  add("cache_semantic_bytes", "Memory of the answers kept by meaning", false, caches.semantic.bytes());
  add("cache_semantic_answers", "Answers kept by meaning", false, caches.semantic.answers());
  add("cache_generations_shared", "Generations under way that others may join", false, cache.flights);
  add("cache_evictions_total", "Answers that made room for others", true, cache.evicted);
  add("cache_expired_total", "Answers found too old", true, cache.expired);
  for (std::size_t i = 0; i < cache.refused.size(); ++i) {
    add("cache_stores_refused_total", "Answers not kept, by cause", true, cache.refused[i]);
    out.back().labels = {{"cause", std::string(name(static_cast<cache::Refusal>(i)))}};
  }
}

}  // namespace

MetricSamples metric_samples(const core::FleetView& fleet, const Machine& machine, const CacheDesk& caches) {
  MetricSamples out;
  add_cache(caches, out.samples);
  const auto add = [&](std::string_view name, std::string_view help,
                       std::vector<std::pair<std::string, std::string>> labels, double value) {
    telemetry::add_sample(out.samples, name, help, false, value).labels = std::move(labels);
  };
  for (const auto& host : fleet.hosts) {
    add("host_up", "1 if the backend answered its last probe", {{"provider", host.name}},
        host.reachable ? 1 : 0);
    add("host_breaker_open", "Breaker of the host: 0 closed, 0.5 half-open, 1 open",
        {{"provider", host.name}}, breaker_value(host.breaker));
    add("host_running", "Generations running on the host through this gateway", {{"provider", host.name}},
        host.running);
    add("host_queued", "Requests waiting for the host", {{"provider", host.name}}, host.queued);
  }
  for (const auto& model : fleet.models) {
    const auto& host = fleet.host_of(model);
    const auto labels = [&] {
      return std::vector<std::pair<std::string, std::string>>{{"provider", host.name}, {"model", model.id}};
    };
    add("model_resident", "1 if the model is in memory", labels(), model.resident ? 1 : 0);
    add("model_running", "Generations of the model running now", labels(), model.running);
    add("model_queued", "Requests waiting for the model", labels(), model.queued);
    add("model_slots", "Generations of the model that may run at once", labels(), model.slots);
    add("model_breaker_open", "Breaker of the model: 0 closed, 0.5 half-open, 1 open", labels(),
        breaker_value(model.breaker));
    if (model.speed.decode_tokens_per_second) {
      add("model_decode_tokens_per_second", "Measured speed of generation", labels(),
          *model.speed.decode_tokens_per_second);
    }
    if (model.speed.prefill_tokens_per_second) {
      add("model_prefill_tokens_per_second", "Measured speed of reading prompts", labels(),
          *model.speed.prefill_tokens_per_second);
    }
    if (model.speed.load_seconds) {
      add("model_load_seconds", "Measured time of a cold load", labels(), *model.speed.load_seconds);
    }
  }
  add("machine_load", "Load of this machine over a minute, in cores", {}, machine.load);
  add("machine_memory_bytes", "Main memory of this machine", {{"kind", "total"}},
      static_cast<double>(machine.ram_total));
  add("machine_memory_bytes", "Main memory of this machine", {{"kind", "available"}},
      static_cast<double>(machine.ram_available));
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    const auto& gpu = machine.gpus[i];
    const auto labels = [&](std::string kind) {
      return std::vector<std::pair<std::string, std::string>>{
          {"gpu", std::to_string(i)}, {"name", gpu.name}, {"kind", std::move(kind)}};
    };
    add("machine_gpu_memory_bytes", "Memory of this machine's graphics cards", labels("total"),
        static_cast<double>(gpu.memory_total));
    add("machine_gpu_memory_bytes", "Memory of this machine's graphics cards", labels("used"),
        static_cast<double>(gpu.memory_used));
    if (gpu.busy) {
      add("machine_gpu_busy", "Share of time in which the graphics card works",
          {{"gpu", std::to_string(i)}, {"name", gpu.name}}, *gpu.busy);
    }
  }
  return out;
}

}  // namespace codecrucible::gateway

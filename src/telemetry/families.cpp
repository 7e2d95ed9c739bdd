#include "telemetry/families.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace codecrucible::telemetry {
namespace {

prometheus::ClientMetric labelled(Labels labels) {
  prometheus::ClientMetric metric;
  metric.label.reserve(labels.size());
  for (auto& [name, value] : labels) {
    prometheus::ClientMetric::Label label;
    label.name = std::move(name);
    label.value = std::move(value);
    metric.label.push_back(std::move(label));
  }
  return metric;
}

std::vector<prometheus::ClientMetric>& family(std::vector<prometheus::MetricFamily>& families,
                                              const std::string& name, const std::string& help,
                                              prometheus::MetricType type) {
  for (auto& known : families)
    if (known.name == name) return known.metric;
  prometheus::MetricFamily fresh;
  fresh.name = name;
  fresh.help = help;
  fresh.type = type;
  families.push_back(std::move(fresh));
  return families.back().metric;
}

// Field `wanted` (from 1) of /proc/self/stat behind the program's name, which may hold blanks.
double stat_field(std::string_view stat, int wanted) {
  const std::size_t close = stat.rfind(')');
  if (close == std::string_view::npos) return 0;
  std::size_t at = close + 2;
  for (int field = 3; field < wanted && at != std::string_view::npos; ++field) {
    at = stat.find(' ', at);
    if (at != std::string_view::npos) ++at;
  }
  double value = 0;
  if (at < stat.size()) std::from_chars(stat.data() + at, stat.data() + stat.size(), value);
  return value;
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

}  // namespace

Families::Families() = default;
Families::~Families() = default;

void Families::counter(const std::string& name, const std::string& help, Labels labels, double value) {
  prometheus::ClientMetric metric = labelled(std::move(labels));
  metric.counter.value = value;
  family(families_, name, help, prometheus::MetricType::Counter).push_back(std::move(metric));
}

void Families::gauge(const std::string& name, const std::string& help, Labels labels, double value) {
  prometheus::ClientMetric metric = labelled(std::move(labels));
  metric.gauge.value = value;
  metric.counter.value = value;  // if the name is a counter's already
  family(families_, name, help, prometheus::MetricType::Gauge).push_back(std::move(metric));
}

void Families::histogram(const std::string& name, const std::string& help, Labels labels,
                         std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum) {
  prometheus::ClientMetric metric = labelled(std::move(labels));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = below;
    bucket.upper_bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back(bucket);
  }
  metric.histogram.sample_count = below;
  metric.histogram.sample_sum = sum;
  family(families_, name, help, prometheus::MetricType::Histogram).push_back(std::move(metric));
}

std::string Families::text() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, families_);
  return std::move(out).str();
}

void add_process(Families& families) {
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGE_SIZE));
  families.gauge("process_resident_memory_bytes", "Memory in use.", {}, stat_field(stat, 24) * page);
  families.gauge("process_virtual_memory_bytes", "Address space in use.", {}, stat_field(stat, 23));
  families.counter("process_cpu_seconds_total", "CPU time, user and system.", {},
                   (stat_field(stat, 14) + stat_field(stat, 15)) / ticks);
  families.gauge("process_threads", "Threads.", {}, stat_field(stat, 20));
  families.gauge("process_start_time_seconds", "Start, in seconds since 1970.", {},
                 boot_time() + stat_field(stat, 22) / ticks);
  std::error_code error;
  const auto open = std::distance(std::filesystem::directory_iterator("/proc/self/fd", error),
                                  std::filesystem::directory_iterator());
  families.gauge("process_open_fds", "Open descriptors.", {}, static_cast<double>(open));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    families.gauge("process_max_fds", "Largest number of open descriptors.", {},
                   static_cast<double>(limit.rlim_cur));
}

}  // namespace codecrucible::telemetry

#pragma once

#include "telemetry/cells.hpp"

#include <string>
#include <utility>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace codecrucible::telemetry {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Collects metrics of one name each into families, in the order in which the names come first.
class Families {
 public:
  Families();
  ~Families();
  Families(const Families&) = delete;
  Families& operator=(const Families&) = delete;

  // Names are full. A name keeps the kind and help of its first use.
  void counter(const std::string& name, const std::string& help, Labels labels, double value);
  void gauge(const std::string& name, const std::string& help, Labels labels, double value);
  // `counts` has one entry more than `bounds`: what lies beyond the last one.
  void histogram(const std::string& name, const std::string& help, Labels labels,
                 std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum);

  std::string text() const;

 private:
  std::vector<prometheus::MetricFamily> families_;
};

// Memory, CPU time, descriptors, threads and start of this process, by the conventional names.
void add_process(Families& families);

}  // namespace codecrucible::telemetry

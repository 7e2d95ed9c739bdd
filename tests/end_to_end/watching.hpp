#pragma once

// Dashboards, rules and the programs of Prometheus, for the tests of metrics.
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace watching {

struct Query {
  std::string where, text;
};

// Each `expr` of the dashboards and alert rules in docker/, with the windows of Grafana's variables filled
// in.
std::vector<Query> all_queries(const std::string& docker);
// Names of our metrics in a query.
std::vector<std::string> metrics_of(std::string_view query);
// Metrics of machines that not every machine has.
bool needs_hardware(std::string_view metric);
// Of "what > 3" the what.
std::string without_threshold(std::string query);

bool installed(const std::string& program);

struct Ran {
  int exit = -1;
  std::string text;  // standard output and error
};
Ran run(const std::vector<std::string>& command, std::string_view input = {});

// A Prometheus that scrapes a gateway on this machine each second.
class Prometheus {
 public:
  explicit Prometheus(std::uint16_t gateway);
  ~Prometheus();
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;

  std::uint16_t port() const { return port_; }
  std::string said() const;
  // A number that is one comes back.
  bool has_data(const std::string& query) const;

 private:
  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace watching

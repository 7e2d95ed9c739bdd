#pragma once

// Reads a page of metrics as strictly as the format's own document (Prometheus, text format 0.0.4) allows.
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::house {

struct Exposition {
  struct Sample {
    std::string name;  // "…_bucket" and the like for histograms
    std::map<std::string, std::string> labels;
    double value = 0;
  };
  struct Family {
    std::string name, type, help;
    std::vector<Sample> samples;
  };
  std::vector<Family> families;
  std::vector<std::string> broken;  // what is against the format, or no good practice

  const Family* find(std::string_view name) const;
  // Sum over all samples of that name that have these labels.
  double sum(std::string_view name, const std::map<std::string, std::string>& labels = {}) const;
  // Names as queries use them, those of histograms with their endings.
  std::vector<std::string> names() const;
};

Exposition read_exposition(std::string_view page);

}  // namespace codecrucible::house

#pragma once

#include <vector>

namespace codecrucible::escalation {

// Chance that a bad answer is doubted more than a good one.
double auroc(const std::vector<double>& doubt, const std::vector<bool>& bad);

// Quality as a function of the share escalated, most doubted first; the area under it, weak alone = 0, strong
// alone = 1.
double curve_area(const std::vector<double>& doubt, const std::vector<bool>& weak,
                  const std::vector<bool>& strong);

// Expected calibration error over ten equal bins of the probability.
double calibration_error(const std::vector<double>& good, const std::vector<bool>& is_good);

// What that error would be, on average, if the probabilities were exactly right: so few rows cannot show
// less.
double calibration_noise(const std::vector<double>& good);

}  // namespace codecrucible::escalation

#pragma once

#include "classifier/features.hpp"

#include <string_view>
#include <vector>

namespace codecrucible::classifier {

// Subjects that routing rules may ask for, in a fixed order: "security", "performance", "architecture", …
void append_keywords(const Features& features, std::vector<std::string_view>& out);

}  // namespace codecrucible::classifier

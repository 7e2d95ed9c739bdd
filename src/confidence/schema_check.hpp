#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace codecrucible::confidence {

// Inside this room: what schema.cpp and repair.cpp share.
bool is_type(const nlohmann::json& value, std::string_view type);
// Where `value` breaks `schema`, empty if nowhere.
std::string mismatch(const nlohmann::json& value, const nlohmann::json& schema);

}  // namespace codecrucible::confidence

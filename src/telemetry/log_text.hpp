#pragma once

#include "telemetry/log.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace codecrucible::telemetry {

// A line as it is written, without time and level: `message key=value …`, or the members of a JSON object.
std::string line_text(bool json, std::string_view message, std::initializer_list<Field> fields);
std::string access_text(bool json, const AccessLine& line);

}  // namespace codecrucible::telemetry

#pragma once

#include "cli/http_client.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace codecrucible::cli {

// The JSON page that the gateway answers with. None: what went wrong is told on stderr, `exit` is the
// command's code.
std::optional<nlohmann::ordered_json> admin_page(const GatewayAddress& gateway, const HttpCall& call,
                                                 int& exit);

// Seconds since 1970 as local time.
std::string time_text(std::int64_t at);

}  // namespace codecrucible::cli

#pragma once

#include "core/result.hpp"
#include "history/reader.hpp"

#include <string>
#include <utility>
#include <vector>

namespace codecrucible::gateway {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// What /admin/history and `codecrucible history` may be asked for, by the same names: since, until (a span as
// "1h" before `now`, or a time as "2026-11-21" or "2026-11-21T10:00", UTC), task, model, provider, rule,
// outcome ("ok", "failed", or a cause), variant, before, after (numbers), limit (1..1000; `most` for all
// others), order (newest, oldest). A failure says what is allowed and carries the name in `param`.
core::Result<history::Filter> history_filter(const Parameters& parameters, history::Wall now,
                                             std::size_t most);

// "a=b&c=d", percent-decoded; '+' is a blank.
Parameters parameters_of(std::string_view query);

}  // namespace codecrucible::gateway

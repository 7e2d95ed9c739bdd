#include "gateway/history_filter.hpp"

#include "config/units.hpp"
#include "core/task.hpp"
#include "gateway/routes.hpp"
#include "history/columns.hpp"

#include <algorithm>
#include <ctime>

namespace codecrucible::gateway {
namespace {

core::Failure wrong(const std::string& name, const std::string& value, const std::string& allowed) {
  return core::fail(core::Cause::bad_request, name + ": \"" + value + "\" is not understood; " + allowed,
                    name);
}

std::optional<history::Wall> time_of(const std::string& text, history::Wall now) {
  if (const auto span = config::duration_of(text, std::chrono::milliseconds(1000))) return now - *span;
  for (const char* const form :
       {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    std::tm time{};
    const char* const end = strptime(text.c_str(), form, &time);
    if (end != nullptr && (*end == '\0' || std::string_view(end) == "Z")) {
      return std::chrono::system_clock::from_time_t(timegm(&time));
    }
  }
  return std::nullopt;
}

std::string tasks() {
  std::string out;
  for (std::size_t i = 0; i < core::task_type_count; ++i) {
    out += (i == 0 ? "" : ", ") + std::string(core::name(static_cast<core::TaskType>(i)));
  }
  return out;
}

core::Result<void> take(history::Filter& filter, const std::string& name, const std::string& value,
                        history::Wall now, std::size_t most) {
  if (name == "since" || name == "until") {
    const auto at = time_of(value, now);
    if (!at) return wrong(name, value, "give a span (30m, 24h, 7d) or a time (2026-11-21, 2026-11-21T10:00)");
    (name == "since" ? filter.since : filter.until) = at;
  } else if (name == "task") {
    if (!core::task_type_of(value)) return wrong(name, value, "tasks are " + tasks());
    filter.task = core::name(*core::task_type_of(value));
  } else if (name == "model") {
    filter.model = value;
  } else if (name == "provider") {
    filter.host = value;
  } else if (name == "rule") {
    filter.rule = value;
  } else if (name == "variant") {
    filter.variant = value;
  } else if (name == "outcome") {
    if (value != "ok" && value != "failed" && !history::cause_of(value)) {
      return wrong(name, value, "ok, failed, or a cause as timeout, stall, client_gone, context_length");
    }
    filter.outcome = value;
  } else if (name == "order") {
    if (value != "newest" && value != "oldest") return wrong(name, value, "newest or oldest first");
    filter.oldest_first = value == "oldest";
  } else if (name == "before" || name == "after" || name == "limit") {
    const auto number = config::integer_of(value);
    if (!number || *number < 0) return wrong(name, value, "give a number");
    if (name == "limit") {
      if (*number < 1 || static_cast<std::size_t>(*number) > most) {
        return wrong(name, value, "from 1 to " + std::to_string(most));
      }
      filter.limit = static_cast<std::size_t>(*number);
    } else {
      (name == "before" ? filter.before : filter.after) = number;
    }
  } else {
    return core::fail(core::Cause::bad_request,
                      "\"" + name +
                          "\" is not known here; since, until, task, model, provider, rule, outcome, "
                          "variant, before, after, "
                          "limit and order are",
                      name);
  }
  return {};
}

}  // namespace

core::Result<history::Filter> history_filter(const Parameters& parameters, history::Wall now,
                                             std::size_t most) {
  history::Filter filter;
  filter.limit = std::min<std::size_t>(filter.limit, most);
  for (const auto& [name, value] : parameters) {
    const auto taken = take(filter, name, value, now, most);
    if (!taken) return taken.error();
  }
  if (filter.since && filter.until && *filter.since > *filter.until)
    return core::fail(core::Cause::bad_request, "since lies after until: nothing can be between them",
                      "since");
  return filter;
}

Parameters parameters_of(std::string_view query) {
  Parameters out;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    std::string one(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
    std::replace(one.begin(), one.end(), '+', ' ');
    const auto equals = one.find('=');
    if (one.empty()) continue;
    out.emplace_back(percent_decoded(one.substr(0, equals)),
                     equals == std::string::npos ? std::string() : percent_decoded(one.substr(equals + 1)));
  }
  return out;
}

}  // namespace codecrucible::gateway

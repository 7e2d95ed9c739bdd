#include "gateway/config_desk.hpp"

#include "gateway/state_files.hpp"

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// What is made once: the listening socket and the threads, the log's file, the exporter of spans, the places
// where things are kept.
bool waits_for_restart(std::string_view path) {
  constexpr std::string_view made_once[] = {
      "server.",  "logging.file",   "logging.format", "logging.queue",
      "tracing.", "stateDirectory", "history.file",   "performance.cache.exact.spill"};
  return std::any_of(std::begin(made_once), std::end(made_once),
                     [path](std::string_view start) { return path.starts_with(start); });
}

}  // namespace

ConfigDesk::ConfigDesk(ConfigWays ways, const config::Settings& in_force)
    : ways_(std::move(ways)),
      versions_(config::versions_in(state_directory(in_force))),
      in_force_(in_force),
      text_(ways_.text) {
  config::Version about;
  about.origin = "start";
  const auto kept = versions_->keep(text_, about);
  if (kept) version_ = *kept;
}

ConfigDesk::~ConfigDesk() {
  thread_.join();
}

void ConfigDesk::apply(std::string text, std::string origin, bool write, std::function<void(Outcome)> done) {
  boost::asio::post(
      thread_, [this, text = std::move(text), origin = std::move(origin), write, done = std::move(done)] {
        auto outcome = bring(text, origin, write);
        if (done) done(std::move(outcome));
      });
}

void ConfigDesk::rollback(std::uint32_t version, std::function<void(Outcome)> done) {
  boost::asio::post(thread_, [this, version, done = std::move(done)] {
    Outcome outcome;
    const auto text = versions_->text(version);
    if (text) {
      outcome = bring(*text, "rollback to " + std::to_string(version), true);
    } else {
      outcome.lines = {"there is no version " + std::to_string(version)};
    }
    if (done) done(std::move(outcome));
  });
}

ConfigDesk::Outcome ConfigDesk::bring(const std::string& text, const std::string& origin, bool write) {
  Outcome outcome;
  const auto loaded = config::load({ways_.path.empty() ? "configuration" : ways_.path, text}, ways_.around);
  const auto refuse = [&](std::vector<std::string> lines) {
    outcome.lines = std::move(lines);
    const std::scoped_lock lock(mutex_);
    last_problems_ = outcome.lines;
    ++rejected_;
  };
  if (!loaded.settings) {
    std::vector<std::string> lines;
    for (const auto& problem : loaded.problems) lines.push_back(config::to_string(problem));
    refuse(std::move(lines));
    ways_.tell(false, outcome.lines);
    return outcome;
  }
  std::vector<config::Change> changes;
  {
    const std::scoped_lock lock(mutex_);
    changes = config::diff(in_force_, *loaded.settings);
  }
  for (const auto& change : changes) {
    const bool later = waits_for_restart(change.path);
    outcome.lines.push_back(config::to_string(change) + (later ? " (after a restart)" : ""));
  }
  const auto published =
      changes.empty() ? core::Result<void>()
                      : ways_.publish(ways_.settle ? ways_.settle(*loaded.settings) : *loaded.settings);
  if (!published) {
    refuse({published.error().detail});
    ways_.tell(false, outcome.lines);
    return outcome;
  }
  if (write && !ways_.path.empty() && !replace_file(ways_.path, text)) {
    outcome.lines.push_back("in force, but " + ways_.path +
                            " could not be written: it will not hold after a restart");
  }
  config::Version about;
  about.unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
  about.origin = origin;
  for (const auto& line : outcome.lines) about.summary += (about.summary.empty() ? "" : "; ") + line;
  const auto kept = versions_->keep(text, about);
  outcome.applied = true;
  {
    const std::scoped_lock lock(mutex_);
    in_force_ = *loaded.settings;
    text_ = text;
    if (kept) version_ = *kept;
    outcome.version = version_;
    last_problems_.clear();
    ++applied_;
  }
  if (!changes.empty()) ways_.tell(true, outcome.lines);
  return outcome;
}

std::string ConfigDesk::text() const {
  const std::scoped_lock lock(mutex_);
  return config::to_yaml(in_force_);
}

std::string ConfigDesk::status_page() const {
  const std::scoped_lock lock(mutex_);
  return dumped({{"file", ways_.path},
                 {"version", version_},
                 {"applied", applied_},
                 {"rejected", rejected_},
                 {"good", last_problems_.empty()},
                 {"problems", last_problems_}});
}

std::string ConfigDesk::history_page() const {
  json list = json::array();
  for (const auto& version : versions_->list()) {
    list.push_back({{"version", version.number},
                    {"unix_ms", version.unix_ms},
                    {"origin", version.origin},
                    {"summary", version.summary}});
  }
  return dumped({{"versions", list}});
}

}  // namespace codecrucible::gateway

#include "gateway/state_files.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

constexpr int format = 1;

// Each figure of each kind by its name; `Visit` writes or reads it.
template <class Mean, class Visit>
void each_of_mean(Mean& mean, Visit visit) {
  visit("log", mean.log);
  visit("spread", mean.spread);
  visit("count", mean.count);
}

template <class Line, class Visit>
void each_of_line(Line& line, Visit visit) {
  visit("w", line.w);
  visit("x", line.x);
  visit("y", line.y);
  visit("xx", line.xx);
  visit("xy", line.xy);
  visit("count", line.count);
}

template <class Speeds, class Means, class Lines>
void each_of_speeds(Speeds& speeds, Means means, Lines lines) {
  means("load", speeds.load);
  lines("first", speeds.first);
  lines("quiet_first", speeds.quiet_first);
  means("token", speeds.token);
  means("service", speeds.service);
  means("output", speeds.output);
  means("token_factor", speeds.token_factor);
}

double figure(const json& from, const char* name) {
  const double value = from.at(name).get<double>();
  if (!std::isfinite(value)) throw std::out_of_range(name);
  return value;
}

fleet::Learned entry_of(const json& from) {
  fleet::Learned learned;
  learned.host = from.at("host").get<std::string>();
  learned.model = from.at("model").get<std::string>();
  if (from.contains("slots")) learned.slots = from.at("slots").get<int>();
  const auto read = [](const json& object) {
    return [&object](const char* name, double& value) { value = figure(object, name); };
  };
  each_of_speeds(
      learned.speeds, [&](const char* name, fleet::Mean& mean) { each_of_mean(mean, read(from.at(name))); },
      [&](const char* name, fleet::Line& line) { each_of_line(line, read(from.at(name))); });
  return learned;
}

json json_of(const fleet::Learned& learned) {
  json out = {{"host", learned.host}, {"model", learned.model}};
  if (learned.slots) out["slots"] = *learned.slots;
  const auto write = [](json& object) {
    return [&object](const char* name, double value) { object[name] = value; };
  };
  each_of_speeds(
      learned.speeds,
      [&](const char* name, const fleet::Mean& mean) { each_of_mean(mean, write(out[name])); },
      [&](const char* name, const fleet::Line& line) { each_of_line(line, write(out[name])); });
  return out;
}

}  // namespace

std::string state_directory(const config::Settings& settings) {
  if (!settings.state_directory.empty()) return settings.state_directory;
  if (const char* const xdg = std::getenv("XDG_STATE_HOME"); xdg != nullptr && *xdg != '\0') {
    return std::string(xdg) + "/codecrucible";
  }
  const char* const home = std::getenv("HOME");
  return std::string(home == nullptr ? "/tmp" : home) + "/.local/state/codecrucible";
}

std::string history_file(const config::Settings& settings) {
  return settings.history.file.empty() ? state_directory(settings) + "/history.db" : settings.history.file;
}

bool replace_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) return false;
  }
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  return !error;
}

std::string learned_text(const std::vector<fleet::Learned>& learned) {
  json entries = json::array();
  for (const auto& entry : learned) entries.push_back(json_of(entry));
  return json{{"format", format}, {"models", entries}}.dump(1, ' ', false, json::error_handler_t::replace) +
         "\n";
}

core::Result<std::vector<fleet::Learned>> learned_of(std::string_view text) {
  try {
    const auto page = json::parse(text);
    if (page.at("format").get<int>() != format)
      return core::fail(core::Cause::bad_request, "it has another format than this version writes");
    std::vector<fleet::Learned> learned;
    for (const auto& entry : page.at("models")) learned.push_back(entry_of(entry));
    return learned;
  } catch (const std::exception& error) {
    return core::fail(core::Cause::bad_request, error.what());
  }
}

}  // namespace codecrucible::gateway

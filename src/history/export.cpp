#include "history/export.hpp"

#include "core/json_text.hpp"
#include "history/columns.hpp"
#include "history/lists.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <ctime>

namespace codecrucible::history {
namespace {

// A cell that a spreadsheet would take for a formula is given as text, with a leading apostrophe.
void append_quoted(std::string& out, std::string_view text) {
  const bool formula =
      !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  if (!formula && text.find_first_of(",\"\n\r") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  if (formula) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_csv(std::string& out, const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    core::append_number(out, *whole);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    core::append_double(out, *real);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    append_quoted(out, *text);
  }
}

}  // namespace

std::string iso_time(Wall at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  std::string out(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &utc));
  const std::string part = std::to_string(ms % 1000 + 1000);
  return out + part.substr(1) + "Z";
}

std::string to_json(const Kept& kept) {
  std::string out = "{\"number\":";
  core::append_number(out, kept.number);
  out += ",\"at\":\"" + iso_time(kept.record.at) + '"';
  std::string scratch;
  for (const auto& column : columns()) {
    out += ",\"";
    out += column.name;
    out += "\":";
    const auto cell = column.read(kept.record, scratch);
    append_json(out, cell, column.json);
  }
  out += ",\"signals\":";
  append_list(out, kept.signals);
  out += ",\"reward\":";
  core::append_double(out, reward(kept.signals).value_or(std::nan("")));
  return out + '}';
}

core::Result<Kept> from_json(std::string_view line) {
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object() || !object.contains("id") || !object.contains("ranked")) {
    return core::fail(core::Cause::bad_request,
                      "a line has to be a record as `codecrucible history --json` gives it");
  }
  Kept kept;
  if (const auto number = object.find("number"); number != object.end() && number->is_number_integer()) {
    kept.number = number->get<std::int64_t>();
  }
  std::string text;
  for (const auto& column : columns()) {
    const auto found = object.find(column.name);
    if (found == object.end()) continue;
    write_json(column, kept.record, *found, text);
  }
  if (const auto signals = object.find("signals"); signals != object.end() && signals->is_array())
    read_list(signals->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), kept.signals);
  return kept;
}

std::string csv_header() {
  std::string out = "number,at";
  for (const auto& column : columns()) {
    out += ',';
    out += column.name;
  }
  return out + ",signals,reward\n";
}

std::string to_csv(const Kept& kept) {
  std::string out = std::to_string(kept.number) + "," + iso_time(kept.record.at);
  std::string scratch;
  for (const auto& column : columns()) {
    out += ',';
    append_csv(out, column.read(kept.record, scratch));
  }
  out += ',';
  scratch.clear();
  append_list(scratch, kept.signals);
  append_quoted(out, scratch);
  out += ',';
  if (const auto mean = reward(kept.signals)) core::append_double(out, *mean);
  return out + '\n';
}

}  // namespace codecrucible::history

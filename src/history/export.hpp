#pragma once

#include "history/reader.hpp"

#include <string>

namespace codecrucible::history {

// One record as one JSON object: every column flat, then `ranked`, `attempts` and `signals` as lists,
// `reward` if anybody said anything. `at` is the arrival in ISO 8601 (UTC). Without a line break.
std::string to_json(const Kept& kept);

// Back from such a line; a bad_request failure says what is wrong with it.
core::Result<Kept> from_json(std::string_view line);

// The same columns for a table: lists are JSON in a cell, unknown is empty (RFC 4180, lines end in \n).
std::string csv_header();
std::string to_csv(const Kept& kept);

// For a person: everything that is known, in paragraphs.
std::string to_text(const Kept& kept);

// "2026-11-21T13:35:48.123Z"
std::string iso_time(Wall at);

}  // namespace codecrucible::history

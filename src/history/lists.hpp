#pragma once

#include "history/columns.hpp"
#include "history/record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::history {

// Candidates, attempts and signals as JSON arrays of objects, and back. What cannot be read is left out.
void append_list(std::string& out, const std::vector<Candidate>& candidates);
// The same as [host, model, utility, quality, seconds, seconds_first] each, numbers in 1/10,000: a third of
// the text and a tenth of the time.
void append_packed(std::string& out, const std::vector<Candidate>& candidates);
void append_list(std::string& out, const std::vector<Attempt>& attempts);
void append_list(std::string& out, const std::vector<Signal>& signals);
void read_list(std::string_view json, std::vector<Candidate>& candidates);
void read_list(std::string_view json, std::vector<Attempt>& attempts);
void read_list(std::string_view json, std::vector<Signal>& signals);

// A cell as a JSON value (`json`: its text is JSON already), and a JSON value into the record's column.
void append_json(std::string& out, const Cell& cell, bool json);
void write_json(const Column& column, Record& record, const nlohmann::json& value, std::string& scratch);

}  // namespace codecrucible::history

#pragma once

#include "history/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::history {

// Candidates, attempts and signals as JSON arrays of objects, and back. What cannot be read is left out.
void append_list(std::string& out, const std::vector<Candidate>& candidates);
void append_list(std::string& out, const std::vector<Attempt>& attempts);
void append_list(std::string& out, const std::vector<Signal>& signals);
void read_list(std::string_view json, std::vector<Candidate>& candidates);
void read_list(std::string_view json, std::vector<Attempt>& attempts);

}  // namespace codecrucible::history

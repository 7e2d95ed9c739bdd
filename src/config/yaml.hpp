#pragma once

#include "config/load.hpp"
#include "config/node.hpp"

#include <string_view>
#include <vector>

namespace codecrucible::config {

// Bounds of a config text: beyond them it is refused, however small the file that unfolds to it.
inline constexpr std::size_t max_config_bytes = 1024 * 1024;
inline constexpr std::size_t max_config_nodes = 50'000;
inline constexpr int max_config_depth = 40;

// Text to tree: one document, aliases and `<<` unfolded within the bounds, doubled keys refused. Problems are
// appended; the tree is only meaningful if none of them is fatal.
Node parse_yaml(const Source& source, int index, std::vector<Problem>& problems);

// Puts environment variables into all scalars: ${NAME}, ${NAME:-default}; $$ is a dollar sign.
void expand(Node& node, const Surroundings& around, const std::vector<std::string>& files,
            std::vector<Problem>& problems);

// Line and column of byte `offset` of a scalar's value within the text it was read from.
struct Position {
  int line = 0, column = 0;
};
Position position_in(const Node& scalar, std::string_view source, std::size_t offset) noexcept;

// One value as YAML, quoted if it has to be.
std::string yaml_scalar(const Node& scalar);
// A whole tree in block style, each line indented by `indent` spaces; secrets masked.
std::string yaml_text(const Node& node, int indent = 0);

}  // namespace codecrucible::config

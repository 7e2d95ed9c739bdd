#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace codecrucible::net {

// How many files and sockets this process may have open at once (RLIMIT_NOFILE).
std::size_t descriptor_limit();

// Lifts it as far as the system lets this process: thousands of streams need as many descriptors.
void raise_descriptor_limit();

// Connections that can be taken within `limit` so that each finds a second descriptor for its backend, and
// files, probes and the pages of the operator still open.
std::size_t connections_within(std::size_t limit);

// What to say when descriptors are short: what the limit is, and how to lift it.
std::string descriptor_advice(std::size_t limit);

// True if a failed socket call means that this machine or process is short of something (descriptors, ports,
// memory): nothing that the other side could help.
bool is_own_shortage(int error) noexcept;

}  // namespace codecrucible::net

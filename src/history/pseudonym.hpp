#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace codecrucible::history {

// The secret of one ledger: whoever has the records but not this cannot find out who or what a hash stands
// for.
using Salt = std::array<std::uint64_t, 2>;

Salt new_salt();

// The salt that lies beside the ledger, made on first use (mode 0600). Without a place to keep it, a fresh
// one: then hashes compare within this run only.
Salt salt_beside(const std::string& ledger_file);

// SipHash-2-4 (Aumasson and Bernstein 2012): the same for the same salt and text, tells nothing without the
// salt. 0 for an empty text.
std::uint64_t pseudonym(const Salt& salt, std::string_view text) noexcept;
std::uint64_t pseudonym(const Salt& salt, std::uint64_t key) noexcept;

// 16 hex digits; empty for 0.
std::string hex_of(std::uint64_t value);
void append_hex(std::string& out, std::uint64_t value);  // 16 digits for 0 as well
std::uint64_t from_hex(std::string_view text) noexcept;  // 0 if it is none

}  // namespace codecrucible::history

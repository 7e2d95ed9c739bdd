#include "net/public_address.hpp"

#include <cstdint>

namespace codecrucible::net {
namespace {

struct Block {
  std::uint32_t begin;
  int bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return a << 24 | b << 16 | c << 8;
}

constexpr Block special[] = {
    {v4(0, 0, 0), 8},                                                   // this network
    {v4(10, 0, 0), 8},                                                  // private
    {v4(100, 64, 0), 10},                                               // shared, behind carriers
    {v4(127, 0, 0), 8},                                                 // loopback
    {v4(169, 254, 0), 16},                                              // link-local, metadata of clouds
    {v4(172, 16, 0), 12},                                               // private
    {v4(192, 0, 0), 24},                                                // protocol assignments
    {v4(192, 0, 2), 24},                                                // documentation
    {v4(192, 88, 99), 24},                                              // 6to4 relays
    {v4(192, 168, 0), 16},                                              // private
    {v4(198, 18, 0), 15},                                               // benchmarks
    {v4(198, 51, 100), 24}, {v4(203, 0, 113), 24}, {v4(224, 0, 0), 4},  // multicast
    {v4(240, 0, 0), 4},                                                 // reserved, broadcast
};

bool is_public_v4(std::uint32_t address) {
  for (const Block& block : special)
    if ((address ^ block.begin) >> (32 - block.bits) == 0) return false;
  return true;
}

// 2000::/3 is all that is given out; of it not 2001::/23 (protocols, Teredo), 2001:db8::/32 (documentation),
// 2002::/16 (6to4) and 3fff::/20 (documentation).
bool is_public_v6(const asio::ip::address_v6::bytes_type& bytes) {
  const unsigned first = static_cast<unsigned>(bytes[0]) << 8 | bytes[1];
  const unsigned second = static_cast<unsigned>(bytes[2]) << 8 | bytes[3];
  if (first >> 13 != 1) return false;
  if (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) return false;
  return first != 0x2002 && !(first == 0x3fff && second < 0x1000);
}

}  // namespace

bool is_public(const asio::ip::address& address) {
  if (address.is_v4()) return is_public_v4(address.to_v4().to_uint());
  return is_public_v6(address.to_v6().to_bytes());
}

}  // namespace codecrucible::net

#include "wire/openai/source_map.hpp"

#include <algorithm>

namespace codecrucible::wire::openai {

std::string splice(std::string_view body, std::vector<Splice>& splices) {
  std::sort(splices.begin(), splices.end(), [](const Splice& a, const Splice& b) {
    return a.where.at != b.where.at ? a.where.at < b.where.at : a.where.size < b.where.size;
  });
  std::size_t size = body.size();
  for (const auto& one : splices) size += one.text.size();
  std::string out;
  out.reserve(size);
  std::size_t from = 0;
  for (const auto& one : splices) {
    if (one.where.at < from) continue;
    out.append(body.substr(from, one.where.at - from)).append(one.text);
    from = std::size_t{one.where.at} + one.where.size;
  }
  return out.append(body.substr(from));
}

}  // namespace codecrucible::wire::openai

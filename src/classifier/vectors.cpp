#include "classifier/vectors.hpp"

#include "classifier/binary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace codecrucible::classifier {
namespace {

// File: "CCVEC001", u32 dims, u32 rows, f32 scale, u64 checksum of what follows; then rows × u32 hash,
// rows × u8 weight, rows × dims i8.
constexpr std::string_view magic = "CCVEC001";
constexpr std::size_t header_bytes = 8 + 4 + 4 + 4 + 8;
constexpr std::size_t max_file_bytes = 10 * 1024 * 1024;
constexpr std::uint32_t max_rows = 200000;
// Pieces inside a word are kept apart from words by their own seed.
constexpr std::uint32_t piece_seed = hash_seed ^ 0x5bd1e995U;
constexpr std::size_t longest_piece = 18;

char small_letter(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

core::Result<std::shared_ptr<const Vectors>> Vectors::load(const std::string& file) {
  auto bytes = read_file(file, max_file_bytes);
  if (!bytes) return bytes.error();
  auto parsed = parse(*bytes);
  if (!parsed) return core::fail(parsed.error().cause, file + ": " + parsed.error().detail);
  return parsed;
}

core::Result<std::shared_ptr<const Vectors>> Vectors::parse(std::string_view bytes) {
  using core::Cause;
  if (!bytes.starts_with(magic)) return core::fail(Cause::garbage, "not a file of word vectors");
  ByteReader in(bytes.substr(magic.size()));
  const auto width = in.take<std::uint32_t>();
  const auto rows = in.take<std::uint32_t>();
  const auto scale = in.take<float>();
  const auto sum = in.take<std::uint64_t>();
  if (!in.ok() || width != dims || rows == 0 || rows > max_rows || !std::isfinite(scale) || scale <= 0)
    return core::fail(Cause::garbage, "word vectors of another shape than this version reads");
  if (in.left() != static_cast<std::size_t>(rows) * (4 + 1 + dims))
    return core::fail(Cause::cut, "word vectors are not whole");
  if (checksum_of(bytes.substr(header_bytes)) != sum)
    return core::fail(Cause::garbage, "word vectors do not match their checksum");

  auto vectors = std::make_shared<Vectors>();
  std::vector<std::uint32_t> hashes(rows);
  std::vector<std::uint8_t> weights(rows);
  in.fill(hashes.data(), hashes.size() * 4);
  in.fill(weights.data(), weights.size());
  vectors->values_.resize(static_cast<std::size_t>(rows) * dims);
  in.fill(vectors->values_.data(), vectors->values_.size());
  vectors->checksum_ = sum;
  vectors->slots_.resize(std::bit_ceil(static_cast<std::size_t>(rows) * 2));
  const std::size_t mask = vectors->slots_.size() - 1;
  for (std::uint32_t i = 0; i < rows; ++i) {
    if (weights[i] == 0) continue;
    std::size_t at = (hashes[i] ^ (hashes[i] >> 16)) & mask;
    while (vectors->slots_[at].index_and_weight != 0) at = (at + 1) & mask;
    vectors->slots_[at] = {hashes[i], (i << 8) | weights[i]};
  }
  return std::shared_ptr<const Vectors>(std::move(vectors));
}

const Vectors::Row* Vectors::find(std::uint32_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (hash ^ (hash >> 16)) & mask;
  while (slots_[at].index_and_weight != 0) {
    if (slots_[at].hash == hash) return &slots_[at];
    at = (at + 1) & mask;
  }
  return nullptr;
}

void Vectors::add_row(const Row& row, RowSum& sum) const noexcept {
  sum.add(values_.data() + static_cast<std::size_t>(row.index_and_weight >> 8) * dims,
          static_cast<std::uint8_t>(row.index_and_weight & 0xff));
}

void Vectors::add(std::string_view text, const Token& token, RowSum& sum) const noexcept {
  if (token.sort != Token::Sort::word) return;
  if (const auto* row = find(token.hash)) return add_row(*row, sum);
  add_pieces(text.substr(token.start, token.length), sum);
}

void Vectors::add_pieces(std::string_view word, RowSum& sum) const noexcept {
  // A word of another script is many bytes; beyond three dozen nothing is learned.
  word = word.substr(0, 36);
  std::size_t at = 0;
  while (at < word.size()) {
    std::uint32_t hash = at == 0 ? hash_seed : piece_seed;
    const Row* best = nullptr;
    std::size_t best_end = at + 1;
    const auto limit = std::min(word.size(), at + longest_piece);
    for (std::size_t end = at; end < limit; ++end) {
      hash = hash_step(hash, static_cast<unsigned char>(small_letter(word[end])));
      if (const auto* row = find(hash)) {
        best = row;
        best_end = end + 1;
      }
    }
    if (best != nullptr) add_row(*best, sum);
    at = best_end;
  }
}

Vectors::Pooled Vectors::embed(std::string_view text) const noexcept {
  Scan words;
  scan(text, words);
  RowSum sum;
  for (std::size_t i = 0; i < words.count; ++i) add(text, words.tokens[i], sum);
  return normalized(sum.total());
}

Vectors::Pooled normalized(const RowSum::Sum& sum) noexcept {
  Vectors::Pooled vector;
  float square = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    vector[i] = static_cast<float>(sum[i]);
    square += vector[i] * vector[i];
  }
  if (square <= 0) return Vectors::Pooled{};
  const float factor = 1 / std::sqrt(square);
  for (float& value : vector) value *= factor;
  return vector;
}

}  // namespace codecrucible::classifier

#include "confidence/weights.hpp"

#include <bit>
#include <cstring>

namespace codecrucible::confidence {
namespace {

static_assert(std::endian::native == std::endian::little, "model files are little-endian");

constexpr std::string_view magic = "CCCONF\r\n";
constexpr std::size_t head_size = 8 + 4 + 4 + 8;  // magic, version, size, checksum
constexpr std::uint32_t most_nodes = 1U << 20;

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
void put_all(std::string& out, const std::vector<T>& values) {
  put(out, static_cast<std::uint32_t>(values.size()));
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  void take(T& value) {
    if (rest_.size() < sizeof value) {
      good_ = false;
      return;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  template <class T>
  void take_all(std::vector<T>& values, std::uint32_t most) {
    std::uint32_t count = 0;
    take(count);
    if (!good_ || count > most || rest_.size() / sizeof(T) < count) {
      good_ = false;
      return;
    }
    values.resize(count);
    if (count > 0) std::memcpy(values.data(), rest_.data(), count * sizeof(T));
    rest_.remove_prefix(count * sizeof(T));
  }
  void fault() { good_ = false; }
  bool good() const { return good_; }
  bool done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void put_table(std::string& out, const GramTable& table) {
  put_all(out, table.rarity);
  put_all(out, table.weight);
  put(out, table.scale);
  put(out, table.level);
}
void take_table(Reader& reader, GramTable& table) {
  reader.take_all(table.rarity, gram_buckets);
  reader.take_all(table.weight, gram_buckets);
  reader.take(table.scale);
  reader.take(table.level);
  const bool fits = table.weight.empty() || table.weight.size() == gram_buckets;
  if (!fits || table.rarity.size() != table.weight.size()) reader.fault();
}

void put_trees(std::string& out, const Trees& trees) {
  put_all(out, trees.nodes);
  put_all(out, trees.roots);
  put(out, trees.level);
}
void take_trees(Reader& reader, Trees& trees, std::size_t inputs) {
  reader.take_all(trees.nodes, most_nodes);
  reader.take_all(trees.roots, most_nodes);
  reader.take(trees.level);
  // Children come after their parent, so that no walk can go round.
  const auto count = static_cast<std::int32_t>(trees.nodes.size());
  for (std::int32_t i = 0; i < count; ++i) {
    const auto& node = trees.nodes[static_cast<std::size_t>(i)];
    if (node.input < 0) continue;
    if (static_cast<std::size_t>(node.input) >= inputs || node.left <= i || node.right <= i ||
        node.left >= count || node.right >= count)
      reader.fault();
  }
  for (const auto root : trees.roots) {
    if (root < 0 || root >= count) reader.fault();
  }
}

void put_head(std::string& out, const Head& head) {
  for (const auto* table : {&head.request, &head.answer, &head.ease}) put_table(out, *table);
  put_trees(out, head.alone);
  put_trees(out, head.pair);
  for (const auto* scale : {&head.of_alone, &head.of_pair}) {
    for (const float value : {scale->shift, scale->slope, scale->reach}) put(out, value);
  }
  put(out, head.before_shift);
  put(out, head.before_slope);
}
void take_head(Reader& reader, Head& head, std::size_t traits) {
  for (auto* table : {&head.request, &head.answer, &head.ease}) take_table(reader, *table);
  take_trees(reader, head.alone, traits + 3);
  take_trees(reader, head.pair, 2 * traits + pair_trait_count + 7);
  for (auto* scale : {&head.of_alone, &head.of_pair}) {
    for (float* value : {&scale->shift, &scale->slope, &scale->reach}) reader.take(*value);
  }
  reader.take(head.before_shift);
  reader.take(head.before_slope);
}

void append_traits(std::vector<float>& row, Comparable kind, std::string_view prompt,
                   std::string_view answer) {
  if (kind == Comparable::number) {
    const auto traits = number_traits(prompt, answer);
    row.insert(row.end(), traits.begin(), traits.end());
  } else {
    const auto traits = choice_traits(prompt, answer);
    row.insert(row.end(), traits.begin(), traits.end());
  }
}

}  // namespace

std::vector<float> alone_row(Comparable kind, const Head& head, std::string_view prompt,
                             std::string_view answer) {
  std::vector<float> row;
  append_traits(row, kind, prompt, answer);
  row.push_back(head.request.score(prompt, {}));
  row.push_back(head.answer.score(prompt, answer));
  row.push_back(head.ease.score(prompt, answer));
  return row;
}

std::vector<float> pair_row(Comparable kind, const Head& head, std::string_view prompt,
                            std::string_view answer, std::string_view second) {
  auto row = alone_row(kind, head, prompt, answer);
  const float sum = head.alone.sum(row);
  const auto other = alone_row(kind, head, prompt, second);
  const auto pair = pair_traits(kind, prompt, answer, second);
  row.insert(row.end(), other.begin(), other.end() - 3);
  row.insert(row.end(), pair.begin(), pair.end());
  row.insert(row.end(), other.end() - 2, other.end());
  row.push_back(sum);
  row.push_back(head.alone.sum(other));
  return row;
}

std::string written(const Weights& weights) {
  std::string payload;
  put_head(payload, weights.number);
  put_head(payload, weights.choice);
  std::string out(magic);
  put(out, model_version);
  put(out, static_cast<std::uint32_t>(payload.size()));
  put(out, checksum(payload));
  return out + payload;
}

core::Result<Weights> read_weights(std::string_view bytes) {
  const auto refuse = [](const char* why) {
    return core::fail(core::Cause::bad_request, std::string("confidence model: ") + why);
  };
  if (bytes.size() < head_size || !bytes.starts_with(magic)) return refuse("not a model file");
  std::uint32_t version = 0, size = 0;
  std::uint64_t sum = 0;
  Reader head(bytes.substr(magic.size()));
  head.take(version);
  head.take(size);
  head.take(sum);
  if (version != model_version) return refuse("of another version");
  const auto payload = bytes.substr(head_size);
  if (payload.size() != size) return refuse("not whole");
  if (checksum(payload) != sum) return refuse("checksum does not match");
  Weights weights;
  Reader reader(payload);
  take_head(reader, weights.number, number_trait_count);
  take_head(reader, weights.choice, choice_trait_count);
  if (!reader.done()) return refuse("out of bounds");
  return weights;
}

}  // namespace codecrucible::confidence

#include "gateway/offset_book.hpp"

#include "learning/words.hpp"

namespace codecrucible::gateway {

bool OffsetBook::learn(std::int64_t number, const std::string& model, double predicted, bool good) {
  if (!heard_.insert(number).second) return false;
  offsets_[model].update(static_cast<float>(predicted), good);
  return true;
}

std::shared_ptr<const OffsetTable> OffsetBook::table() const {
  if (offsets_.empty()) return nullptr;
  return std::make_shared<const OffsetTable>(offsets_);
}

// A line of records, then a line for each model: level, outcomes, name.
std::string OffsetBook::written() const {
  std::string out;
  for (const auto number : heard_) learning::put_word(out, number);
  out += '\n';
  for (const auto& [model, offset] : offsets_) {
    learning::put_word(out, offset.level());
    learning::put_word(out, offset.outcomes());
    out += model;
    out += '\n';
  }
  return out;
}

bool OffsetBook::read(std::string_view text) {
  *this = {};
  learning::Words lines(text);
  learning::Words numbers(lines.next('\n'));
  std::int64_t number = 0;
  while (numbers.take(number)) heard_.insert(number);
  while (!lines.rest().empty()) {
    learning::Words line(lines.next('\n'));
    float level = 0;
    std::uint32_t outcomes = 0;
    if (!line.take(level) || !line.take(outcomes) || line.rest().empty()) {
      *this = {};
      return false;
    }
    offsets_[std::string(line.rest())] = confidence::Offset::restored(level, outcomes);
  }
  return true;
}

confidence::Offset offset_of(const OffsetTable* table, std::string_view model) {
  if (table == nullptr) return {};
  const auto found = table->find(model);
  return found == table->end() ? confidence::Offset() : found->second;
}

}  // namespace codecrucible::gateway

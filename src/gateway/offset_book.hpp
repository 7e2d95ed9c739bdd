#pragma once

#include "confidence/model.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace codecrucible::gateway {

// What is known of each model's answers beyond what they look like; by the model's name at its backend.
using OffsetTable = std::map<std::string, confidence::Offset, std::less<>>;

// Offsets that follow what is said of answers. One thread; a table once given away does not change.
class OffsetBook {
 public:
  // The answer of record `number` was judged `predicted`, and somebody said whether it was good. Heard once
  // for each record; false if it was heard before.
  bool learn(std::int64_t number, const std::string& model, double predicted, bool good);
  // Nothing more will be heard of that record.
  void forget(std::int64_t number) { heard_.erase(number); }

  // Null as long as nothing was learned.
  std::shared_ptr<const OffsetTable> table() const;
  const OffsetTable& offsets() const { return offsets_; }

  std::string written() const;
  // False if the text is of another form: then it is empty.
  bool read(std::string_view text);

 private:
  OffsetTable offsets_;
  std::set<std::int64_t> heard_;
};

// The offset of a model in a table that may be null.
confidence::Offset offset_of(const OffsetTable* table, std::string_view model);

}  // namespace codecrucible::gateway

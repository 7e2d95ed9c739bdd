#pragma once

#include "history/database.hpp"
#include "history/record.hpp"
#include "history/settings.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::history {

// The ledger's file as its one writer sees it: opened when first needed, moved aside when damaged, never in
// anybody's way. Everything is done in place; a thread of its own is the caller's affair.
class Book {
 public:
  // Said about the file, for the log: what happened, and why.
  using Tell = std::function<void(std::string_view what, std::string_view why)>;

  Book(std::string file, Tell tell) : file_(std::move(file)), tell_(std::move(tell)) {}

  // False = the file cannot be had now; it is told why, once until it works again, and tried again after a
  // while.
  bool ready();

  // Between `begin` and `commit` everything is one transaction. A false from any of them: nothing of it was
  // kept.
  bool begin();
  std::optional<std::int64_t> add(const Record& record);  // its number
  bool add(std::int64_t request, const Signal& signal);
  bool commit();

  struct Found {
    std::int64_t number = 0;
    std::string model;
  };
  // The newest request with this id, or "last".
  std::optional<Found> find(std::string_view id);

  // Removes some of what is too old or too much; true = there is more to remove.
  bool prune(Wall now, const Settings& settings);

  std::int64_t bytes();  // of the file, without what lies free in it
  const std::string& file() const noexcept { return file_; }

 private:
  bool open();
  bool prepare();
  bool failed(std::string_view what);
  void close();
  void move_aside(const std::string& why);
  bool remove(const std::string& condition, std::int64_t bound, int most);

  std::string file_;
  Tell tell_;
  std::optional<Database> database_;
  Statement insert_, signal_, find_, last_;
  std::string facts_, scratch_;
  bool told_ = false;
  std::chrono::steady_clock::time_point again_{};
};

}  // namespace codecrucible::history

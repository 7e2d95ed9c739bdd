#include "gateway/classifier_shelf.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace codecrucible;
using namespace codecrucible::gateway;

TEST_CASE("classifier shelf: models are there after a restart; the oldest go, the one in use stays") {
  const auto folder =
      (std::filesystem::temp_directory_path() / ("codecrucible-shelf-" + std::to_string(getpid()))).string();
  {
    ClassifierShelf shelf(folder);
    REQUIRE(shelf.open().has_value());
    CHECK(shelf.in_use() == 0);
    for (std::uint64_t i = 1; i <= 15; ++i) {
      ClassifierShelf::Kept about;
      about.held = i;
      const auto number = shelf.keep(about, "model " + std::to_string(i));
      REQUIRE(number.has_value());
      CHECK(*number == i);
      if (i == 2) REQUIRE(shelf.put_in_use(2).has_value());
    }
    shelf.note({77, 5, "as hoped"});
  }
  ClassifierShelf shelf(folder);
  REQUIRE(shelf.open().has_value());
  CHECK(shelf.in_use() == 2);
  CHECK(shelf.before() == 0);
  CHECK(shelf.kept().size() == ClassifierShelf::most_models);
  CHECK(shelf.kept().front().held == 15);
  CHECK(shelf.has(2));
  CHECK_FALSE(shelf.has(3));
  CHECK(shelf.round().said == "as hoped");
  CHECK(shelf.round().labelled == 5);
  CHECK(std::filesystem::file_size(shelf.file_of(2)) == 7);
  CHECK_FALSE(std::filesystem::exists(shelf.file_of(3)));
  // A number is never given twice, a model that is gone is not in use.
  std::filesystem::remove(shelf.file_of(2));
  ClassifierShelf again(folder);
  REQUIRE(again.open().has_value());
  CHECK(again.in_use() == 0);
  CHECK(*again.keep({}, "x") == 16);
  std::ofstream(folder + "/list.json") << "{";
  ClassifierShelf broken(folder);
  CHECK_FALSE(broken.open().has_value());
  std::filesystem::remove_all(folder);
}

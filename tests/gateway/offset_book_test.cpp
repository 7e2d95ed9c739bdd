#include "gateway/offset_book.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::gateway;

TEST_CASE("offsets: each model's follow what was said of its answers, each record heard once") {
  OffsetBook book;
  CHECK(book.table() == nullptr);
  for (int i = 0; i < 30; ++i) {
    CHECK(book.learn(i, "bragger", 0.9, false));
    CHECK_FALSE(book.learn(i, "bragger", 0.9, false));
    CHECK(book.learn(100 + i, "modest", 0.5, true));
  }
  const auto table = book.table();
  CHECK(offset_of(table.get(), "bragger").shift() < -0.5F);
  CHECK(offset_of(table.get(), "bragger").outcomes() == 30);
  CHECK(offset_of(table.get(), "modest").shift() > 0.3F);
  CHECK(offset_of(table.get(), "unknown").shift() == 0);
  CHECK(offset_of(nullptr, "bragger").shift() == 0);
}

TEST_CASE("offsets: what was written is read again, names with blanks and records heard among it") {
  OffsetBook book;
  book.learn(7, "a model: 7b", 0.9, false);
  book.learn(9, "other", 0.2, true);
  book.forget(9);
  OffsetBook again;
  REQUIRE(again.read(book.written()));
  CHECK(offset_of(again.table().get(), "a model: 7b").level() ==
        offset_of(book.table().get(), "a model: 7b").level());
  CHECK(offset_of(again.table().get(), "a model: 7b").outcomes() == 1);
  CHECK_FALSE(again.learn(7, "a model: 7b", 0.9, false));
  CHECK(again.learn(9, "other", 0.2, true));
}

TEST_CASE("offsets: a text of another form leaves nothing") {
  OffsetBook book;
  CHECK(book.read(""));
  CHECK_FALSE(book.read("\nhalf a line"));
  CHECK_FALSE(book.read("1 2\n0.5 3 good\n-0.2 \n"));
  CHECK(book.table() == nullptr);
}

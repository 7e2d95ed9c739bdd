#include "gateway/picture_shelf.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;
using namespace std::chrono_literals;

namespace {

const core::Time noon{1000h};

PicturePtr picture(std::size_t size, std::vector<std::string> hosts, bool privately = false) {
  auto made = std::make_shared<Picture>();
  made->media_type = "image/png";
  made->base64 = std::string(size, 'A');
  made->hosts = std::move(hosts);
  made->privately = privately;
  return made;
}

config::RemoteImages settings_with(std::size_t bytes) {
  config::RemoteImages settings;
  settings.hosts = {"a.example", "*.b.example"};
  settings.cache_bytes = bytes;
  settings.cache_time = 10min;
  return settings;
}

}  // namespace

TEST_CASE("pictures: one is found by its whole URL until it is too old") {
  PictureShelf shelf;
  const auto settings = settings_with(1 << 20);
  const auto made = picture(100, {"a.example"});
  shelf.keep("http://a.example/1?x=1", made, settings, noon);
  CHECK(shelf.find("http://a.example/1?x=1", settings, noon + 9min) == made);
  CHECK(shelf.find("http://a.example/1?x=2", settings, noon) == nullptr);
  CHECK(shelf.find("http://a.example/1?x=1", settings, noon + 10min) == nullptr);
  CHECK(shelf.bytes() == 0);
}

TEST_CASE("pictures: one whose servers may not be asked any more is not given out") {
  const auto settings = settings_with(1 << 20);
  const auto kept = [&](PictureShelf& shelf, PicturePtr made) {
    shelf.keep("u", std::move(made), settings, noon);
  };
  PictureShelf shelf;
  auto later = settings;
  later.hosts = {"a.example"};
  kept(shelf, picture(100, {"a.example", "c.b.example"}));
  CHECK(shelf.find("u", settings, noon) != nullptr);
  CHECK(shelf.find("u", later, noon) == nullptr);
  CHECK(shelf.find("u", settings, noon) == nullptr);  // and is fetched anew when it may
  kept(shelf, picture(100, {"a.example"}, true));
  CHECK(shelf.find("u", settings, noon) == nullptr);
  later = settings;
  later.max_bytes = 10;
  kept(shelf, picture(100, {"a.example"}));
  CHECK(shelf.find("u", later, noon) == nullptr);
  later.max_bytes = settings.max_bytes;
  later.cache_bytes = 0;
  kept(shelf, picture(100, {"a.example"}));
  CHECK(shelf.find("u", later, noon) == nullptr);
}

TEST_CASE("pictures: the shelf never holds more than it may, and what was used last stays") {
  PictureShelf shelf;
  const auto settings = settings_with(4000);
  const auto made = picture(1000, {"a.example"});
  shelf.keep("1", made, settings, noon);
  shelf.keep("2", made, settings, noon);
  shelf.keep("3", made, settings, noon);
  CHECK(shelf.find("1", settings, noon) != nullptr);
  shelf.keep("4", made, settings, noon);
  CHECK(shelf.bytes() <= 4000);
  CHECK(shelf.find("1", settings, noon) != nullptr);
  CHECK(shelf.find("2", settings, noon) == nullptr);
  CHECK(shelf.find("4", settings, noon) != nullptr);
  shelf.keep("large", picture(5000, {"a.example"}), settings, noon);
  CHECK(shelf.find("large", settings, noon) == nullptr);
  CHECK(shelf.find("4", settings, noon) != nullptr);
  const auto before = shelf.bytes();
  shelf.keep("4", made, settings, noon);  // the same again takes no more room
  CHECK(shelf.bytes() == before);
}

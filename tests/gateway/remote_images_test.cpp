#include "gateway/remote_images.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::gateway;

TEST_CASE("remote images: only named servers, with a star for what is before a dot") {
  const std::vector<std::string> hosts{"images.example.com", "*.wiki.example"};
  for (const char* const host : {"images.example.com", "IMAGES.example.com", "images.example.com.",
                                 "a.wiki.example", "a.b.wiki.example"}) {
    CAPTURE(host);
    CHECK(may_be_fetched(host, hosts));
  }
  for (const char* const host : {"example.com", "evilimages.example.com", "images.example.com.evil.example",
                                 "wiki.example", "evilwiki.example", "127.0.0.1", ""}) {
    CAPTURE(host);
    CHECK(!may_be_fetched(host, hosts));
  }
  CHECK(!may_be_fetched("images.example.com", {}));
}

TEST_CASE("remote images: what a picture is, its first bytes say") {
  CHECK(picture_type("\x89PNG\r\n\x1a\n....") == "image/png");
  CHECK(picture_type("\xff\xd8\xff\xe0 JFIF") == "image/jpeg");
  CHECK(picture_type("GIF89a...") == "image/gif");
  CHECK(picture_type("RIFF....WEBPVP8 ") == "image/webp");
  for (const char* const text : {"", "<svg xmlns=\"x\"/>", "{\"secret\":1}", "RIFF....WAVE", "\x89PN"}) {
    CAPTURE(text);
    CHECK(picture_type(text).empty());
  }
}

TEST_CASE("remote images: a redirect leads on, but not out of TLS or into another protocol") {
  CHECK(redirected("http://a.example/x/y.png?q=1", "https://b.example/z") == "https://b.example/z");
  CHECK(redirected("http://a.example/x/y.png", "http://b.example/z") == "http://b.example/z");
  CHECK(redirected("https://a.example/x/y.png", "//b.example/z") == "https://b.example/z");
  CHECK(redirected("https://a.example:8443/x/y.png?p=/q/", "/z?r=1") == "https://a.example:8443/z?r=1");
  CHECK(redirected("https://a.example/x/y.png?p=/q/", "z.png") == "https://a.example/x/z.png");
  CHECK(redirected("https://a.example", "z.png") == "https://a.example/z.png");
  CHECK(redirected("https://a.example/y", "http://a.example/z").empty());
  for (const char* const elsewhere :
       {"file:///etc/passwd", "gopher://x/", "data:image/png;base64,AA", "ftp://x"}) {
    CAPTURE(elsewhere);
    CHECK(redirected("http://a.example/y", elsewhere).empty());
  }
}

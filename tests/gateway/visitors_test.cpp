#include "gateway/visitors.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;

TEST_CASE("visitors: this machine is recognised by name and address, not by what looks like it") {
  for (const char* const host : {"localhost", "LOCALHOST:8484", "dev.localhost:1", "127.0.0.1",
                                 "127.9.9.9:80", "[::1]", "[::1]:8484", "::1", "[::ffff:127.0.0.1]:80"}) {
    CAPTURE(host);
    CHECK(names_this_machine(host));
  }
  for (const char* const host : {"127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
                                 "evil.example", "10.0.0.1", "[2001:db8::1]", "", "notlocalhost"}) {
    CAPTURE(host);
    CHECK(!names_this_machine(host));
  }
}

TEST_CASE("visitors: a name of the web is known only if it is configured") {
  const std::vector<std::string> also{"llm.example.com", "other.example:8484"};
  for (const char* const host : {"", "localhost:8484", "192.168.1.7:8484", "[fe80::1]:8484", "gateway",
                                 "gateway:8484", "host.docker.internal:8484", "llm.example.com",
                                 "LLM.example.com:443", "llm.example.com.:80", "other.example:9"}) {
    CAPTURE(host);
    CHECK(is_known_host(host, also));
  }
  for (const char* const host :
       {"evil.example", "evil.example:8484", "127.evil.example", "sub.llm.example.com",
        "llm.example.com.evil.example", "internal.example", "192.168.1.7.evil.example", "printer.local"}) {
    CAPTURE(host);
    CHECK(!is_known_host(host, also));
  }
}

TEST_CASE("visitors: pages of this machine and of desktop programs are at home, no others") {
  for (const char* const origin :
       {"http://localhost", "http://localhost:5173", "https://127.0.0.1:3000", "http://[::1]:8080",
        "http://tauri.localhost", "tauri://localhost", "app://obsidian.md", "vscode-webview://abc"}) {
    CAPTURE(origin);
    CHECK(is_home_origin(origin));
  }
  for (const char* const origin :
       {"null", "https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example",
        "file://", "chrome-extension://abc", "http://localhost@evil.example", "http://192.168.1.7"}) {
    CAPTURE(origin);
    CHECK(!is_home_origin(origin));
  }
}

TEST_CASE("visitors: without keys nobody beyond this machine is listened to, unless the operator says so") {
  config::Security security;
  CHECK(check_openness("127.0.0.1", security).has_value());
  CHECK(check_openness("::1", security).has_value());
  for (const char* const address : {"0.0.0.0", "::", "192.168.1.7"}) {
    CAPTURE(address);
    const auto refused = check_openness(address, security);
    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("security.keys") != std::string::npos);
  }
  security.open_to_network = true;
  CHECK(check_openness("0.0.0.0", security).has_value());
  security.open_to_network = false;
  security.keys.emplace_back().key = "secret";
  CHECK(check_openness("0.0.0.0", security).has_value());
}

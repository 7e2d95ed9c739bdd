#include "net/chunked.hpp"

#include "net/head.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codecrucible::net;

namespace {

struct Decoded {
  std::string payload;
  std::size_t consumed = 0;
  ChunkDecoder::State state = ChunkDecoder::State::more;
};

// Feeds `pieces` one after the other, as reads would bring them.
Decoded decode(ChunkDecoder::Trailers trailers, std::initializer_list<std::string> pieces) {
  ChunkDecoder decoder(trailers);
  Decoded all;
  for (std::string piece : pieces) {
    const auto step = decoder.decode(piece.data(), piece.size());
    all.payload += step.payload;
    all.consumed += step.consumed;
    all.state = step.state;
    if (step.state != ChunkDecoder::State::more) break;
  }
  return all;
}

}  // namespace

TEST_CASE("chunked: every split into three gives the same payload") {
  const std::string wire =
      "5\r\nhello\r\n00B;a=\"b\";c\r\n, big world\r\n1 \r\n!\r\n0\r\nX: y\r\nZ: \r\n\r\n";
  for (std::size_t first = 0; first <= wire.size(); ++first)
    for (std::size_t second = first; second <= wire.size(); ++second) {
      const auto all =
          decode(ChunkDecoder::Trailers::skip,
                 {wire.substr(0, first), wire.substr(first, second - first), wire.substr(second)});
      REQUIRE(all.state == ChunkDecoder::State::done);
      REQUIRE(all.payload == "hello, big world!");
      REQUIRE(all.consumed == wire.size());
    }
}

TEST_CASE("chunked: bytes behind the end are left alone") {
  const auto all = decode(ChunkDecoder::Trailers::refuse, {"2\r\nab\r\n0\r\n\r\nGET / HTTP/1.1"});
  CHECK(all.state == ChunkDecoder::State::done);
  CHECK(all.payload == "ab");
  CHECK(all.consumed == 12);
}

TEST_CASE("chunked: what RFC 9112 does not allow is bad, however it is split") {
  for (const std::string wire :
       {"g\r\n", "\r\n", ";\r\n", "5\rx", "5\n", "1\r\nab\r\n", "1\r\na\n", "1\r\na\rb", "0\r\n\n",
        "0\r\n\rx", "10000000000000000\r\n", "5;\x01\r\n", "0\r\nA\nB"})
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
      CAPTURE(wire);
      CHECK(decode(ChunkDecoder::Trailers::skip, {wire.substr(0, cut), wire.substr(cut)}).state ==
            ChunkDecoder::State::bad);
    }
  CHECK(decode(ChunkDecoder::Trailers::refuse, {"0\r\nA"}).state == ChunkDecoder::State::bad);
  CHECK(decode(ChunkDecoder::Trailers::skip, {"5;" + std::string(1025, 'x')}).state ==
        ChunkDecoder::State::bad);
  CHECK(decode(ChunkDecoder::Trailers::skip, {"0\r\n" + std::string(17'000, 'x')}).state ==
        ChunkDecoder::State::bad);
}

TEST_CASE("chunked: the line before a chunk is its size in hexadecimal") {
  char room[chunk_line_max];
  CHECK(chunk_line(room, 1) == "1\r\n");
  CHECK(chunk_line(room, 255) == "ff\r\n");
  CHECK(chunk_line(room, ~std::size_t{0}) == "ffffffffffffffff\r\n");
}

TEST_CASE("head: the end of a head is found in any pieces") {
  const std::string wire = "GET / HTTP/1.1\r\nHost: t\r\n\r\nbody\r\n\r\n";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    HeadScan scan;
    if (scan.look(std::string_view(wire).substr(0, cut)) == HeadScan::State::more)
      CHECK(scan.look(wire) == HeadScan::State::complete);
    CHECK(scan.size() == wire.size() - 8);
  }
}

TEST_CASE("head: fields that matter are understood") {
  RequestHead head;
  CHECK_FALSE(parse_request_head(
      "POST /a?b HTTP/1.1\r\nhOST: t\r\nCONTENT-length: 12\r\nX:  spaced \t\r\nEmpty:\r\n\r\n", head));
  CHECK(head.method == "POST");
  CHECK(head.target == "/a?b");
  CHECK(head.length == 12);
  CHECK(head.keep_alive);
  CHECK(head.fields.size() == 4);
  CHECK(head.fields[2].value == "spaced");
  CHECK(head.fields[3].value.empty());
  CHECK_FALSE(parse_request_head("GET / HTTP/1.1\r\nHost: t\r\nConnection: x, Close\r\n\r\n", head));
  CHECK_FALSE(head.keep_alive);
  CHECK_FALSE(head.length);
  CHECK_FALSE(parse_request_head("GET / HTTP/1.0\r\n\r\n", head));
  CHECK_FALSE(head.keep_alive);
  CHECK(head.version == 10);
}

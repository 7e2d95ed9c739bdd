#include "net/head.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace codecrucible::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

// More fields than any client sends; Beast's own limit is bytes only.
constexpr std::size_t max_fields = 128;

std::string_view plain(boost::beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

// Digits only: Beast also takes "5, 5", which other servers read differently.
bool parse_length(std::string_view value, std::optional<std::uint64_t>& length) {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [at, error] = std::from_chars(value.data(), end, number);
  if (value.empty() || error != std::errc() || at != end || length) return false;
  length = number;
  return true;
}

// What both directions share: Beast tokenises the head, we keep the fields that matter. The body is never
// fed.
template <bool is_request>
class Parser : public http::basic_parser<is_request> {
 public:
  Parser() {
    this->header_limit(0xffffffff);  // the caller has already bounded it
    this->body_limit(boost::none);
  }

  error_code parse(std::string_view bytes) {
    error_code error;
    this->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (!error && !this->is_header_done()) error = http::error::partial_message;
    return error;
  }

 protected:
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
};

class RequestParser final : public Parser<true> {
 public:
  explicit RequestParser(RequestHead& head) : head_(head) {}
  std::optional<HeadFault> fault;

 private:
  void on_request_impl(http::verb, boost::beast::string_view method, boost::beast::string_view target,
                       int version, error_code&) override {
    head_.method = plain(method);
    head_.target = plain(target);
    head_.version = version;
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}

  void refuse(int status, std::string_view count, std::string_view text, error_code& error) {
    fault = HeadFault{status, count, text};
    error = http::error::bad_field;
  }

  void on_field_impl(http::field field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code& error) override {
    const std::string_view text = plain(value);
    if (head_.fields.size() == max_fields)
      return refuse(431, "big_head", "more than 128 header fields", error);
    head_.fields.push_back({plain(name), text});
    switch (field) {
      case http::field::host:
        ++head_.hosts;
        break;
      case http::field::content_length:
        if (head_.chunked || !parse_length(text, head_.length))
          refuse(400, "smuggling", "Content-Length must be one plain number, without Transfer-Encoding",
                 error);
        break;
      case http::field::transfer_encoding:
        if (head_.version < 11) {
          refuse(400, "smuggling", "Transfer-Encoding needs HTTP/1.1", error);
        } else if (head_.chunked || head_.length) {
          refuse(400, "smuggling", "more than one of Transfer-Encoding and Content-Length", error);
        } else if (!same_ignoring_case(text, "chunked")) {
          refuse(501, "smuggling", "the only Transfer-Encoding supported is chunked", error);
        } else {
          head_.chunked = true;
        }
        break;
      case http::field::expect:
        if (same_ignoring_case(text, "100-continue")) {
          head_.expect_continue = true;
        } else {
          refuse(417, "bad_head", "the only Expect supported is 100-continue", error);
        }
        break;
      default:
        break;
    }
  }

  RequestHead& head_;
};

class ReplyParser final : public Parser<false> {
 public:
  explicit ReplyParser(IncomingReply& reply) : reply_(reply) {}

 private:
  void on_request_impl(http::verb, boost::beast::string_view, boost::beast::string_view, int,
                       error_code&) override {}
  void on_response_impl(int status, boost::beast::string_view, int, error_code&) override {
    reply_.status = status;
  }
  void on_field_impl(http::field field, boost::beast::string_view, boost::beast::string_view value,
                     error_code& error) override {
    const std::string_view text = plain(value);
    switch (field) {
      case http::field::content_length:
        if (!parse_length(text, reply_.length)) error = http::error::bad_content_length;
        break;
      case http::field::transfer_encoding:
        if (reply_.chunked || !same_ignoring_case(text, "chunked"))
          error = http::error::bad_transfer_encoding;
        reply_.chunked = true;
        break;
      case http::field::content_type:
        reply_.content_type = text;
        break;
      case http::field::retry_after:
        reply_.retry_after = text;
        break;
      case http::field::content_encoding:
        reply_.content_encoding = text;
        break;
      case http::field::location:
        reply_.location = text;
        break;
      default:
        break;
    }
  }

  IncomingReply& reply_;
};

HeadFault fault_of(const error_code& error, std::string_view bytes) {
  // A target with a blank in it leaves something that is no version either.
  const std::string_view line = bytes.substr(0, bytes.find('\r'));
  const bool three_words = std::count(line.begin(), line.end(), ' ') == 2;
  if (error == http::error::bad_version && three_words)
    return {505, "bad_head", "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  if (error == http::error::bad_content_length || error == http::error::multiple_content_length ||
      error == http::error::bad_transfer_encoding)
    return {400, "smuggling", "contradictory message length"};
  if (error == http::error::bad_value) return {400, "bad_head", "a header field has an illegal value"};
  if (error == http::error::bad_field) return {400, "bad_head", "a header field has an illegal name"};
  return {400, "bad_head", "this is not an HTTP request"};
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

HeadScan::State HeadScan::look(std::string_view bytes) noexcept {
  while (at_ < bytes.size()) {
    const char* const line = bytes.data() + at_;
    const auto* const lf = static_cast<const char*>(std::memchr(line, '\n', bytes.size() - at_));
    if (lf == nullptr) return State::more;
    if (lf == line || lf[-1] != '\r') return State::bare_lf;
    // A line that starts with a blank continues the one before, to some readers.
    if (at_ != 0 && (*line == ' ' || *line == '\t')) return State::folded;
    at_ += static_cast<std::size_t>(lf + 1 - line);
    if (lf - line == 1) return State::complete;
  }
  return State::more;
}

std::optional<HeadFault> parse_request_head(std::string_view bytes, RequestHead& head) {
  head.fields.clear();
  head.length.reset();
  head.chunked = head.expect_continue = false;
  head.hosts = 0;
  RequestParser parser(head);
  const error_code error = parser.parse(bytes);
  if (parser.fault) return parser.fault;
  if (error) return fault_of(error, bytes);
  if (head.hosts > 1 || (head.hosts == 0 && head.version >= 11))
    return HeadFault{400, "smuggling", "exactly one Host header is needed"};
  head.keep_alive = parser.keep_alive();
  return std::nullopt;
}

bool parse_reply_head(std::string_view bytes, IncomingReply& reply) {
  reply = IncomingReply{};
  ReplyParser parser(reply);
  if (parser.parse(bytes)) return false;
  reply.keep_alive = parser.keep_alive();
  return true;
}

bool same_ignoring_case(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (lower(left[i]) != lower(right[i])) return false;
  return true;
}

}  // namespace codecrucible::net

#include "cli/http_client.hpp"

#include "cli/patient_socket.hpp"
#include "net/upstream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>
#include <openssl/ssl.h>

#include <cctype>
#include <cstdlib>

namespace codecrucible::cli {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// How long the door may take to open for those who wait for the answer without an end.
constexpr std::chrono::seconds at_the_door{30};

core::Failure silent(const GatewayAddress& gateway, std::chrono::milliseconds span) {
  return core::fail(core::Cause::timeout, "the gateway at " + gateway.url + " said nothing for " +
                                              std::to_string(span.count() / 1000) + " s");
}

core::Result<void> connect(asio::io_context& context, PatientSocket& socket, const net::Endpoint& to) {
  error_code error;
  asio::ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(to.host, std::to_string(to.port), error);
  if (error) return core::fail(core::Cause::refused, error.message());
  for (const auto& each : found) {
    socket.connect(each.endpoint(), error);
    if (!error) return {};
  }
  return core::fail(core::Cause::refused, error.message());
}

// Trusts what the system trusts, and the certificates in CODECRUCIBLE_CA (a PEM file).
core::Result<void> trust(ssl::context& context) {
  error_code error;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_default_verify_paths(error);
  const char* const extra = std::getenv("CODECRUCIBLE_CA");
  if (extra == nullptr || *extra == '\0') return {};
  context.load_verify_file(extra, error);
  if (!error) return {};
  return core::fail(core::Cause::bad_request,
                    std::string("CODECRUCIBLE_CA: ") + extra + ": " + error.message());
}

core::Result<void> shake_hands(ssl::stream<PatientSocket&>& stream, const net::Endpoint& to,
                               const std::string& url) {
  error_code error;
  asio::ip::make_address(to.host, error);
  // A name for virtual hosts; an address is not allowed there.
  if (error) SSL_set_tlsext_host_name(stream.native_handle(), to.host.c_str());
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback(ssl::host_name_verification(to.host));
  error = {};
  stream.handshake(ssl::stream_base::client, error);
  if (!error) return {};
  if (error == asio::error::timed_out)
    return core::fail(core::Cause::timeout, "no TLS with " + url + ": it does not answer");
  return core::fail(core::Cause::reset, "no TLS with " + url + ": " + error.message() +
                                            " (CODECRUCIBLE_CA=FILE.pem trusts a certificate of your own)");
}

// Reads the body in pieces as they arrive.
template <class Stream>
core::Result<void> read_body(Stream& stream, PatientSocket& socket, boost::beast::flat_buffer& buffer,
                             http::response_parser<http::buffer_body>& parser, const HttpCall& call,
                             HttpReply& reply) {
  const bool streamed = call.piece && reply.status / 100 == 2;
  char bytes[16384];
  while (!parser.is_done()) {
    parser.get().body().data = bytes;
    parser.get().body().size = sizeof bytes;
    error_code error;
    socket.patience(call.patience);
    http::read_some(stream, buffer, parser, error);
    const std::string_view piece(bytes, sizeof bytes - parser.get().body().size);
    if (error == http::error::need_buffer) error = {};
    if (!piece.empty() && streamed) call.piece(piece);
    if (!piece.empty() && !streamed) reply.body.append(piece);
    if (call.given_up != nullptr && call.given_up()) return core::fail(core::Cause::client_gone, "given up");
    if (error == asio::error::timed_out)
      return core::fail(core::Cause::timeout, "the gateway fell silent in the middle of its reply");
    if (error) return core::fail(core::Cause::cut, "the connection to the gateway broke: " + error.message());
  }
  return {};
}

template <class Stream>
core::Result<HttpReply> talk(Stream& stream, PatientSocket& socket, const GatewayAddress& gateway,
                             const net::Endpoint& endpoint, const HttpCall& call) {
  http::request<http::string_body> request(http::string_to_verb(call.method), endpoint.base_path + call.path,
                                           11);
  request.set(http::field::host, endpoint.host + ":" + std::to_string(endpoint.port));
  request.set(http::field::user_agent, "codecrucible-cli");
  request.set(http::field::connection, "close");
  if (!gateway.key.empty()) request.set(http::field::authorization, "Bearer " + gateway.key);
  if (!call.body.empty()) request.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : call.headers) request.set(name, value);
  request.body() = call.body;
  request.prepare_payload();

  error_code error;
  socket.patience(call.patience);
  http::write(stream, request, error);
  boost::beast::flat_buffer buffer(1 << 20);
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  if (!error) http::read_header(stream, buffer, parser, error);
  if (error == asio::error::timed_out) return silent(gateway, *call.patience);
  if (error) return core::fail(core::Cause::reset, "the gateway closed the connection: " + error.message());

  HttpReply reply;
  reply.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get())
    reply.headers[lower(field.name_string())] = std::string(field.value());
  const auto done = read_body(stream, socket, buffer, parser, call, reply);
  if (!done) return done.error();
  return reply;
}

}  // namespace

GatewayAddress gateway_address(const std::string& url_option) {
  GatewayAddress address;
  if (const char* const url = std::getenv("CODECRUCIBLE_URL"); url != nullptr && *url != '\0')
    address.url = url;
  if (!url_option.empty()) address.url = url_option;
  while (address.url.ends_with('/')) address.url.pop_back();
  if (address.url.ends_with("/v1")) address.url.resize(address.url.size() - 3);
  if (const char* const key = std::getenv("CODECRUCIBLE_API_KEY"); key != nullptr) address.key = key;
  return address;
}

bool gateway_named(const std::string& url_option) {
  const char* const url = std::getenv("CODECRUCIBLE_URL");
  return !url_option.empty() || (url != nullptr && *url != '\0');
}

core::Result<HttpReply> call_gateway(const GatewayAddress& gateway, const HttpCall& call) {
  const auto endpoint = net::parse_endpoint(gateway.url);
  if (!endpoint) return endpoint.error();
  asio::io_context context(1);
  PatientSocket socket(context);
  socket.patience(call.patience.value_or(at_the_door));
  const auto connected = connect(context, socket, *endpoint);
  if (!connected) return connected.error();
  if (!endpoint->tls) return talk(socket, socket, gateway, *endpoint, call);
  ssl::context trusted(ssl::context::tls_client);
  const auto trusting = trust(trusted);
  if (!trusting) return trusting.error();
  ssl::stream<PatientSocket&> stream(socket, trusted);
  const auto shaken = shake_hands(stream, *endpoint, gateway.url);
  if (!shaken) return shaken.error();
  return talk(stream, socket, gateway, *endpoint, call);
}

std::string no_gateway_text(const GatewayAddress& gateway) {
  return "No gateway answers at " + gateway.url +
         ".\nStart one in another terminal:   codecrucible serve\n"
         "or say where it is:              codecrucible --url http://HOST:PORT …   (or CODECRUCIBLE_URL)";
}

std::string error_text(const HttpReply& reply) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  if (json.is_object() && json.contains("error")) {
    const auto& error = json["error"];
    if (error.is_string()) return error.get<std::string>();
    if (error.is_object() && error.contains("message") && error["message"].is_string()) {
      return error["message"].get<std::string>();
    }
  }
  return reply.body.empty() ? "HTTP " + std::to_string(reply.status) : reply.body.substr(0, 500);
}

}  // namespace codecrucible::cli

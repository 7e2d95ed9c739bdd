#include "simulator/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <future>

namespace codecrucible::simulator {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kept_bodies = 64;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

Server::Server(Settings settings)
    : settings_(std::move(settings)), acceptor_(context_), machine_(settings_) {}

Server::~Server() {
  asio::dispatch(context_, [this] { down(true); });
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

core::Result<void> Server::begin() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(settings_.address, error);
  if (error) return core::fail(core::Cause::bad_request, settings_.address + " is not an address");
  const net::tcp::endpoint endpoint(address, settings_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(1024, error);
  if (error) {
    return core::fail(core::Cause::refused, "cannot listen on " + settings_.address + ":" +
                                                std::to_string(settings_.port) + ": " + error.message());
  }
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
  return {};
}

net::task<> Server::accept() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(net::nothrow);
    if (error) continue;
    auto connection = std::make_shared<Connection>(net::Socket(std::move(socket)));
    if (down_) {
      connection->close();
      continue;
    }
    connections_.insert(connection);
    changed();
    asio::co_spawn(context_, serve(connection), asio::detached);
  }
}

net::task<> Server::serve(std::shared_ptr<Connection> connection) {
  while (!connection->gone()) {
    auto request = co_await connection->next();
    if (!request) break;
    const bool keep = co_await answer(*connection, *request);
    if (!keep) break;
  }
  connection->close();
  connections_.erase(connection);
  changed();
}

net::task<bool> Server::answer(Connection& connection, const Request& request) {
  const bool post = request.method == "POST";
  if (post && ollama() && (request.path == "/api/chat" || request.path == "/api/generate")) {
    const bool keep = co_await generate(connection, request, request.path == "/api/generate");
    co_return keep;
  }
  if (post && !ollama() && (request.path == "/v1/chat/completions" || request.path == "/v1/completions")) {
    const bool keep = co_await generate(connection, request, false);
    co_return keep;
  }
  if (post && lmstudio() && request.path == "/api/v1/models/load") {
    const bool keep = co_await load_model(connection, request);
    co_return keep;
  }
  const Page found = page(request);
  std::string head = "HTTP/1.1 " + std::to_string(found.status) + " " + std::string(reason_of(found.status)) +
                     "\r\nContent-Type: " + std::string(found.type) +
                     "\r\nContent-Length: " + std::to_string(found.body.size()) + "\r\n\r\n";
  if (request.method != "HEAD") head += found.body;
  const bool there = co_await connection.write(std::move(head));
  co_return there;
}

net::task<bool> Server::reply(Connection& connection, int status, std::string body, std::string_view extra) {
  std::string text =
      "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) +
      "\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n" + std::string(extra) + "\r\n" + body;
  const bool there = co_await connection.write(std::move(text));
  co_return there;
}

Fault Server::fault_for(const Ask& ask) {
  if (const auto marked = fault_in(ask.prompt)) {
    ++machine_.stats.faults;
    return *marked;
  }
  const std::scoped_lock lock(mutex_);
  for (auto planted = planted_.begin(); planted != planted_.end(); ++planted) {
    if (!planted->model.empty() && planted->model != ask.model) continue;
    const Fault fault = planted->fault;
    if (--planted->count == 0) planted_.erase(planted);
    ++machine_.stats.faults;
    return fault;
  }
  return {};
}

void Server::remember(const Request& request) {
  remember_headers(request);
  const std::scoped_lock lock(mutex_);
  bodies_.push_back(request.body);
  if (bodies_.size() > kept_bodies) bodies_.pop_front();
}

void Server::remember_headers(const Request& request) {
  const std::scoped_lock lock(mutex_);
  headers_.clear();
  for (const auto& [name, value] : request.headers) headers_ += name + ": " + value + "\n";
}

// Wakes whoever waits for a slot or a load, and publishes the numbers.
void Server::changed() {
  for (const auto& connection : connections_) connection->wake();
  const std::scoped_lock lock(mutex_);
  published_ = machine_.stats;
  published_.connections = connections_.size();
}

std::chrono::nanoseconds Server::scaled(double seconds) const {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * settings_.time_scale * 1e9));
}

Stats Server::stats() const {
  const std::scoped_lock lock(mutex_);
  return published_;
}

void Server::inject(Fault fault, int count, std::string model) {
  const std::scoped_lock lock(mutex_);
  planted_.push_back({fault, count, std::move(model)});
}

void Server::forgive() {
  const std::scoped_lock lock(mutex_);
  planted_.clear();
}

std::vector<std::string> Server::bodies() const {
  const std::scoped_lock lock(mutex_);
  return {bodies_.begin(), bodies_.end()};
}

std::string Server::last_headers() const {
  const std::scoped_lock lock(mutex_);
  return headers_;
}

void Server::unload(const std::string& model) {
  asio::dispatch(context_, [this, model] {
    if (auto* const found = machine_.find(model)) machine_.unload(*found);
    changed();
  });
}

void Server::down(bool is_down) {
  std::promise<void> done;
  auto work = [this, is_down, &done] {
    down_ = is_down;
    if (is_down) {
      for (const auto& connection : connections_) connection->close();
    }
    done.set_value();
  };
  if (std::this_thread::get_id() == thread_.get_id()) {
    work();
    return;
  }
  asio::post(context_, work);
  done.get_future().wait();
}

core::Result<std::unique_ptr<Simulator>> start(Settings settings) {
  auto server = std::make_unique<Server>(std::move(settings));
  const auto begun = server->begin();
  if (!begun) return begun.error();
  return std::unique_ptr<Simulator>(std::move(server));
}

Settings demo_lmstudio() {
  Settings settings;
  settings.kind = core::ProviderKind::lmstudio;
  settings.max_loaded = 2;
  ModelSpec coder{.id = "qwen2.5-coder-7b", .load_seconds = 0.8, .decode_tokens_per_second = 90};
  ModelSpec llama{.id = "codellama-13b-instruct", .load_seconds = 1.2, .decode_tokens_per_second = 60};
  llama.parameters_billion = 13;
  llama.size_bytes = 8'000'000'000;
  ModelSpec vectors{.id = "text-embedding-nomic-embed-text-v1.5", .load_seconds = 0.1};
  vectors.embeddings = true;
  vectors.parameters_billion = 0.14;
  settings.models = {coder, llama, vectors};
  settings.resident = {"qwen2.5-coder-7b", "codellama-13b-instruct"};
  return settings;
}

Settings demo_ollama() {
  Settings settings;
  settings.kind = core::ProviderKind::ollama;
  settings.max_loaded = 2;
  settings.auto_evict = false;
  ModelSpec llama{.id = "codellama:34b", .load_seconds = 1.5, .decode_tokens_per_second = 40};
  llama.parameters_billion = 34;
  llama.size_bytes = 19'000'000'000;
  llama.slots = 2;
  ModelSpec qwen{.id = "qwen2.5:72b", .load_seconds = 2.5, .decode_tokens_per_second = 30};
  qwen.parameters_billion = 72;
  qwen.size_bytes = 47'000'000'000;
  qwen.slots = 2;
  settings.models = {llama, qwen};
  settings.resident = {"codellama:34b", "qwen2.5:72b"};
  return settings;
}

}  // namespace codecrucible::simulator

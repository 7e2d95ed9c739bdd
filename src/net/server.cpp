#include "net/server.hpp"

#include "net/acceptor.hpp"
#include "net/descriptors.hpp"
#include "net/session.hpp"
#include "net/worker.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

namespace codecrucible::net {
namespace {

// After the deadline: time for handlers to say why, then time for coroutines to end.
constexpr std::chrono::milliseconds last_words{1000};
constexpr std::chrono::milliseconds unwinding{1000};
constexpr std::chrono::milliseconds glance{2};

class ThreadedServer final : public Server {
 public:
  ThreadedServer(ServerSettings settings, ServerHooks hooks) {
    door_.settings = std::move(settings);
    door_.hooks = std::move(hooks);
    unsigned count = door_.settings.workers;
    if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>(i, door_.settings));
  }
  ~ThreadedServer() override {
    stop();
    acceptors_.clear();
  }

  core::Result<void> start() override;
  void stop() override;
  std::uint16_t port() const override { return port_; }
  std::size_t workers() const override { return loops_.size(); }
  Worker& worker(std::size_t index) override { return *loops_[index]; }
  std::size_t open_sessions() const override { return door_.open.load(std::memory_order_relaxed); }
  core::Result<void> renew_certificate() override {
    if (!door_.settings.tls.wanted()) return {};
    return door_.tls.load(door_.settings.tls);
  }
  bool stopping() const override { return door_.stopping.load(std::memory_order_relaxed); }

 private:
  void on_each(void (Session::*what)());
  bool wait_for_sessions(std::chrono::milliseconds span) const;

  Door door_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::thread> threads_;
};

core::Result<void> ThreadedServer::start() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(door_.settings.address, error);
  if (error)
    return core::fail(core::Cause::internal,
                      "'" + door_.settings.address + "' is not an address to listen on");
  auto certified = renew_certificate();
  if (!certified) return certified;
  door_.settings.max_connections =
      std::min(door_.settings.max_connections, connections_within(descriptor_limit()));
  std::vector<Loop*> all;
  for (auto& loop : loops_) all.push_back(loop.get());
  port_ = door_.settings.port;
  const std::size_t doors = door_.settings.reuse_port ? all.size() : 1;
  for (std::size_t i = 0; i < doors; ++i) {
    const auto mine = doors == 1 ? std::span<Loop* const>(all) : std::span<Loop* const>(&all[i], 1);
    auto acceptor = std::make_unique<Acceptor>(door_, mine);
    auto listening = acceptor->listen(tcp::endpoint(address, port_), door_.settings.reuse_port);
    if (!listening) {
      acceptors_.clear();
      return listening.error();
    }
    port_ = acceptor->port();
    acceptors_.push_back(std::move(acceptor));
  }
  for (auto& acceptor : acceptors_) acceptor->start();
  for (Loop* loop : all)
    threads_.emplace_back([this, loop] { loop->run([this] { door_.count("loop_exception"); }); });
  return {};
}

void ThreadedServer::on_each(void (Session::*what)()) {
  for (auto& loop : loops_) {
    Loop* const each = loop.get();
    asio::post(each->context(),
               [each, what] { each->for_sessions([what](Session& session) { (session.*what)(); }); });
  }
}

bool ThreadedServer::wait_for_sessions(std::chrono::milliseconds span) const {
  const auto until = std::chrono::steady_clock::now() + span;
  while (open_sessions() != 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(glance);
  }
  return true;
}

void ThreadedServer::stop() {
  door_.stopping.store(true);
  if (threads_.empty()) return;
  // Closed before the sessions are counted: whoever connects now is refused instead of left waiting.
  std::latch closed(static_cast<std::ptrdiff_t>(acceptors_.size()));
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    Acceptor* const acceptor = acceptors_[i].get();
    asio::post(loops_[i]->context(), [acceptor, &closed] {
      acceptor->stop();
      closed.count_down();
    });
  }
  closed.wait();
  on_each(&Session::stop);
  if (!wait_for_sessions(door_.settings.stop_deadline)) {
    on_each(&Session::press);
    if (!wait_for_sessions(last_words)) {
      on_each(&Session::cut);
      wait_for_sessions(unwinding);
    }
  }
  // Whatever still waits is destroyed with its context.
  for (auto& loop : loops_) loop->context().stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace

std::unique_ptr<Server> make_server(ServerSettings settings, ServerHooks hooks) {
  return std::make_unique<ThreadedServer>(std::move(settings), std::move(hooks));
}

std::unique_ptr<Worker> make_worker(const ServerSettings& settings) {
  return std::make_unique<Loop>(0, settings);
}

}  // namespace codecrucible::net

#pragma once

#include "net/pool.hpp"
#include "net/server.hpp"
#include "net/sweeper.hpp"
#include "net/tls_door.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

namespace codecrucible::net {

class Session;

// What all sessions of a server share. Outlives the workers.
struct Door {
  ServerSettings settings;
  ServerHooks hooks;
  TlsDoor tls;  // loaded if the settings want it
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> open{0};  // accepted and not yet closed

  void count(std::string_view what) const {
    if (hooks.count) hooks.count(what);
  }
};

// The one implementation of Worker. All but `load`, `context` and `run` belongs to its own thread.
class Loop final : public Worker {
 public:
  Loop(std::size_t index, const ServerSettings& settings);
  ~Loop() override;

  std::size_t index() const override { return index_; }
  asio::io_context& context() override { return *context_; }
  UpstreamPool& upstreams() override { return *pool_; }
  std::unique_ptr<UpstreamPool> own_upstreams() override { return pool_->sibling(); }
  core::Time now() const override { return sweeper_->now(); }
  task<> sleep(core::Duration span) override;

  Sweeper& sweeper() noexcept { return *sweeper_; }
  void touch() noexcept { sweeper_->touch(); }
  std::string_view date_line() const noexcept { return {date_.data(), date_.size()}; }  // "Date: …\r\n"

  // Runs until stopped; what is thrown out of a handler is told to `on_throw` and does not end it.
  void run(const std::function<void()>& on_throw);

  void enter(Session& session);
  void leave(Session& session) noexcept;
  // Calls `each` for every session; it may not end one on the spot.
  void for_sessions(const std::function<void(Session&)>& each);

  // Sessions here or on their way here; read by whoever hands out new ones.
  std::atomic<std::size_t> load{0};

 private:
  void write_date();

  std::size_t index_;
  Session* sessions_ = nullptr;
  std::array<char, 37> date_{};
  std::int64_t date_second_ = -1;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<Sweeper> sweeper_;
};

}  // namespace codecrucible::net

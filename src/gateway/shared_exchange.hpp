#pragma once

#include "cache/flight.hpp"
#include "gateway/bell.hpp"
#include "net/exchange.hpp"

#include <memory>
#include <string>

namespace codecrucible::gateway {

// A client whose generation others may join: as long as somebody listens it does not count as gone, and what
// is written to a client that left is dropped. A client that reads slowly holds up nobody but itself. Until
// `share` is called everything goes straight through.
class SharedExchange final : public net::Exchange {
 public:
  explicit SharedExchange(net::Exchange& client) : client_(client) {}
  ~SharedExchange() override;

  // From now on `flight` is told what this client is sent (by whoever captures it).
  void share(std::shared_ptr<cache::Flight> flight);
  // Waits until nothing is being written any more; before the end of whoever owns this.
  net::task<> settled();

  std::string_view method() const override { return client_.method(); }
  std::string_view target() const override { return client_.target(); }
  std::string_view path() const override { return client_.path(); }
  std::string_view query() const override { return client_.query(); }
  std::string_view header(std::string_view name) const override { return client_.header(name); }
  std::span<const net::Header> headers() const override { return client_.headers(); }
  std::string_view body() const override { return client_.body(); }
  std::string_view remote() const override { return client_.remote(); }
  core::Time arrived() const override { return client_.arrived(); }
  net::Worker& worker() override { return client_.worker(); }

  net::task<bool> reply(const net::ReplyHead& head, std::string_view body) override;
  void begin(const net::ReplyHead& head) override { client_.begin(head); }
  net::task<bool> write(std::string_view bytes) override;
  net::task<bool> end(std::string_view last) override;
  void keep_alive(core::Duration every, std::string bytes) override {
    client_.keep_alive(every, std::move(bytes));
  }
  bool begun() const override { return client_.begun(); }
  void on_gone(std::function<void()> listener) override;
  bool gone() const override;
  bool must_end() const override { return client_.must_end(); }

 private:
  // What outlives this in a posted call.
  struct Link {
    SharedExchange* here;
  };

  static net::task<> pump(std::shared_ptr<Link> link);
  void start_pump();
  void news();
  bool must_wait() const;

  net::Exchange& client_;
  std::shared_ptr<cache::Flight> flight_;
  std::shared_ptr<Link> link_;
  std::shared_ptr<Bell> bell_;
  std::function<void()> listener_;
  std::string outbox_;  // for the client, not yet being sent
  std::string sending_;
  bool pumping_ = false;
  bool ending_ = false;
  bool ended_ = false;
};

}  // namespace codecrucible::gateway

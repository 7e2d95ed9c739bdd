#pragma once

#include "net/buffer.hpp"
#include "net/chunked.hpp"
#include "net/head.hpp"
#include "net/pool.hpp"
#include "net/sweeper.hpp"

#include <boost/asio/ip/basic_resolver.hpp>

#include <array>
#include <optional>

namespace codecrucible::net {

// The one implementation of UpstreamCall: one buffer for the request's head and then for all that is read.
class Call final : public UpstreamCall, private Limited {
 public:
  Call(Pool& pool, Backend& backend) : pool_(pool), backend_(backend) {}
  ~Call() override;

  task<core::Result<UpstreamHead>> send(const UpstreamRequest& request,
                                        const UpstreamLimits& limits) override;
  task<core::Result<std::string_view>> read() override;
  task<core::Result<std::string>> read_all(std::size_t limit) override;
  void cancel() override;
  void read_by(core::Time at) override { read_by_ = at; }
  bool lapsed() const override { return lapsed_; }
  void limit_idle(core::Duration idle) override { limits_.idle = idle; }
  bool at_end() const override { return finished_; }
  bool reused() const override { return reused_; }

 private:
  using Resolver = asio::ip::basic_resolver<tcp, Executor>;
  enum class Body : std::uint8_t { none, length, chunked, until_close };
  // What the reply's head was: whole, or why not.
  enum class Got : std::uint8_t { head, nothing, part, garbage };

  task<std::optional<core::Failure>> connect();
  task<std::optional<core::Failure>> resolve();
  task<Got> read_head();

  core::Result<std::string_view> write_head(const UpstreamRequest& request);
  core::Result<UpstreamHead> accept_head(std::string_view method);
  core::Failure failure(core::Cause otherwise, std::string_view what) const;
  std::string_view take_body();
  void fit_buffer();
  void finish();
  void drop() noexcept;

  void limit(core::Duration span, core::Cause cause, std::string_view words);
  void on_limit() override;

  Pool& pool_;
  Backend& backend_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Resolver> resolver_;
  Buffer buffer_;
  std::size_t head_size_ = 0;  // of the request in the buffer, then of the reply
  std::size_t begin_ = 0;      // of what was read and not yet given out
  int short_reads_ = 0;        // one after the other …
  int short_enough_ = 1;       // … and with so many the buffer is given back for a small one
  std::array<asio::const_buffer, 2> pieces_;
  UpstreamLimits limits_;
  IncomingReply reply_;
  std::string kept_;  // the reply's head fields
  ChunkDecoder chunks_;
  std::uint64_t left_ = 0;
  Body body_ = Body::none;
  core::Cause limit_cause_ = core::Cause::timeout;
  std::string_view limit_words_;
  core::Time read_by_ = core::Time::max();  // of the next read; max = no such limit
  bool lapse_next_ = false;                 // the limit under watch is read_by_
  bool lapsed_ = false;
  bool reused_ = false;
  bool finished_ = false;
  bool broken_ = false;  // the body's framing is wrong
  bool cancelled_ = false;
  bool expired_ = false;
};

}  // namespace codecrucible::net

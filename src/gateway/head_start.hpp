#pragma once

#include "gateway/chat_job.hpp"
#include "net/upstream.hpp"

#include <memory>
#include <optional>

namespace codecrucible::gateway {

// The call to a stronger model, begun on doubt while the first answer is still being judged
// (docs/confidence.md). Only its reply's head is read before somebody takes it up; what comes behind it waits
// in the socket. Not taken up it is cancelled with this object, and its slot is free at once.
class HeadStart {
 public:
  // Begins, if the model at `position` is in memory with a free slot, on another host than `beside`, and the
  // share of such starts is not used up; else null.
  static std::unique_ptr<HeadStart> begin(ChatJob& job, std::size_t position, const std::string& beside);
  ~HeadStart();
  HeadStart(const HeadStart&) = delete;
  HeadStart& operator=(const HeadStart&) = delete;

  std::size_t position() const { return position_; }
  core::Time began() const;
  bool verbatim() const;
  bool hurried() const;
  // The reply's head is there: when its first word came is not known any more.
  bool ready() const;

  // Whoever takes it up gives the lease back.
  fleet::Lease take_lease();
  // The reply's head, waited for if need be, as UpstreamCall::send.
  net::task<core::Result<net::UpstreamHead>> head();
  // After the head: the call, to read the body from.
  std::unique_ptr<net::UpstreamCall> take_call();
  // The client left: makes a running `head` fail at once.
  void cancel();

 private:
  struct Run;
  HeadStart(ChatJob& job, std::size_t position, std::shared_ptr<Run> run)
      : job_(job), position_(position), run_(std::move(run)) {}
  static net::task<> send(std::shared_ptr<Run> run);

  ChatJob& job_;
  std::size_t position_;
  std::shared_ptr<Run> run_;  // outlives this while its call unwinds
};

}  // namespace codecrucible::gateway

#pragma once

#include "fleet/ask.hpp"
#include "gateway/chat_job.hpp"
#include "gateway/head_start.hpp"
#include "gateway/hold_back.hpp"
#include "gateway/second_opinion.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::gateway {

// One try at one model with a lease in hand: loads if told to, sends, relays or translates, and tells the
// fleet how it went. With a hold the beginning of the answer (of a whole reply all of it) stays here until it
// is judged; a doubted answer is kept, and may still be delivered. Lives in the climb of its job.
class Attempt {
 public:
  // `hold`: null = nothing is held.
  Attempt(ChatJob& job, std::size_t position, fleet::Lease lease, std::unique_ptr<HoldBack> hold);
  ~Attempt() = default;  // a kept answer has to be dropped or delivered before
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // This answer shall take the place of `kept`, which is dropped as soon as this one is seen; and shall begin
  // before `latest` (a whole one shall end by then).
  void instead_of(Attempt& kept, core::Time latest);

  // The call was begun before this attempt, whose lease is the call's.
  void take_up(std::unique_ptr<HeadStart> begun) { begun_ = std::move(begun); }

  // To the end, or to a doubt. Without a failure in the record the client has its whole answer, or the answer
  // is doubted and kept here. A failure before anything went out leaves the reply untouched, so that another
  // candidate may take over; after that the client has been told in its stream.
  net::task<> run();

  // The kept answer goes to the client after all.
  net::task<> deliver();
  // Nobody will want the kept answer: its generation is cancelled. Without effect on one that has ended.
  void drop();

  // The stronger model's call, if it was begun while this answer was judged; cancelled if nobody takes it.
  std::unique_ptr<HeadStart> stronger() { return std::move(stronger_); }

  AttemptRecord& record() { return record_; }
  std::size_t position() const { return position_; }
  const std::string& host() const { return lease_.at.host; }
  bool dropped() const { return dropped_; }
  // What it used so far.
  core::Usage usage() const;

 private:
  using Trouble = std::optional<core::Failure>;

  // attempt.cpp: the call.
  net::task<Trouble> serve();
  net::task<Trouble> prepare();
  net::task<Trouble> talk();
  net::task<core::Result<net::UpstreamHead>> reply();
  void hang_up();
  std::string shown_name() const;
  core::Duration own_time(core::Time now) const;
  void ended(Trouble failed);
  void settle(bool cancelled);
  Trouble wrong_model(std::string_view answered) const;
  core::Failure gone_or(core::Failure failure) const;

  // attempt_reply.cpp: what comes back.
  net::task<Trouble> flow(bool kept);
  net::task<bool> pass_on(bool over);
  net::task<> release_connection();
  void first_content();
  void all_heard() const;
  net::task<Trouble> whole(int status, std::optional<std::chrono::seconds> retry_after, bool verbatim);
  net::task<Trouble> send_whole();
  std::string_view translate();
  void write_events(const core::Events& events, std::string& out) const;

  // attempt_hold.cpp: what is held.
  bool holding() const { return hold_ && hold_->holding(); }
  std::span<AnswerListener* const> ears() const;
  bool goes_verbatim(bool verbatim) const;
  confidence::Step verdict(bool complete);
  net::task<confidence::Step> weigh(core::Time until);
  void start_stronger();
  void doubt();
  void tell_budget();
  void show();
  void mend();

  ChatJob& job_;
  std::size_t position_;
  const core::ModelView& model_;
  fleet::Lease lease_;
  BackendPtr backend_;
  providers::Call call_;
  bool verbatim_ = false;             // the request went as it came
  std::unique_ptr<HeadStart> begun_;  // see take_up
  std::unique_ptr<net::UpstreamCall> upstream_;
  std::optional<telemetry::Raised> running_;
  core::Duration idle_{};
  AttemptRecord record_;
  core::Time sent_{};      // the request itself, after a load
  core::Duration own_{};   // the gateway's own time since the request came, until it was sent on
  core::Time heard_{};     // what was last read, while the client has nothing of it yet
  bool streamed_ = false;  // the first content came by itself
  bool first_known_ = true;
  bool settled_ = false;
  bool dropped_ = false;

  std::unique_ptr<HoldBack> hold_;
  std::unique_ptr<SecondOpinion> second_;  // to compare with, while it is wanted
  std::unique_ptr<HeadStart> stronger_;    // runs beside, in case this answer is not good enough
  bool start_tried_ = false;
  Attempt* rival_ = nullptr;               // kept until this answer is seen
  core::Time latest_ = core::Time::max();  // see instead_of
  bool hurried_ = false;                   // `latest_` cut the usual limits short

  std::unique_ptr<Lane> lane_;  // of a stream
  std::string out_;             // its bytes for the client
  std::string body_, storage_;  // of a whole reply: as it came, as it is written anew
  std::string_view answer_;     // one of these
};

}  // namespace codecrucible::gateway

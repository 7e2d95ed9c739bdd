// The second half of a call: the body of the reply.
#include "net/call.hpp"
#include "net/worker.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace codecrucible::net {

using core::Cause;

namespace {
// A read that filled the buffer asks for a larger one, up to this.
constexpr std::size_t max_buffer = 32 * 1024;
// A stream that says little at a time waits with a small buffer: thousands may be open.
constexpr std::size_t waiting_buffer = 1024;
// Where a small one was too small once, it has to be worth it.
constexpr int many_short_reads = 64;
}  // namespace

// The reply is whole. The connection goes back if nothing speaks against it; the buffer stays, because the
// last view points into it.
void Call::finish() {
  finished_ = true;
  const bool clean = reply_.keep_alive && body_ != Body::until_close && begin_ == buffer_.size();
  if (clean && !cancelled_ && !expired_) pool_.give(backend_, std::move(link_));
  link_.reset();
}

// Bytes of the body among what has been read; sets finished_ or broken_.
std::string_view Call::take_body() {
  char* const raw = buffer_.data() + begin_;
  const std::size_t size = buffer_.size() - begin_;
  if (body_ == Body::chunked) {
    const auto step = chunks_.decode(raw, size);
    begin_ += step.consumed;
    if (step.state == ChunkDecoder::State::bad) broken_ = true;
    if (step.state == ChunkDecoder::State::done) finish();
    return step.payload;
  }
  if (body_ == Body::until_close) {
    begin_ = buffer_.size();
    return {raw, size};
  }
  const std::size_t take = std::min<std::uint64_t>(left_, size);
  begin_ += take;
  left_ -= take;
  if (left_ == 0) finish();
  return {raw, take};
}

// Empties the buffer, all of which was given out, and makes it as large as the last reads ask for.
void Call::fit_buffer() {
  const std::size_t got = buffer_.size();
  const bool filled = buffer_.room() == 0;
  buffer_.truncate(0);
  short_reads_ = got < waiting_buffer / 2 ? short_reads_ + 1 : 0;
  if (filled && buffer_.capacity() < max_buffer) {
    if (buffer_.capacity() < Pool::buffer_size) short_enough_ = many_short_reads;
    buffer_.reserve(std::max(buffer_.capacity() * 2, Pool::buffer_size));
  } else if (short_reads_ >= short_enough_ && body_ != Body::length && buffer_.capacity() > waiting_buffer) {
    pool_.give_buffer(std::exchange(buffer_, Buffer()));
    buffer_.reserve(waiting_buffer);
  }
}

task<core::Result<std::string_view>> Call::read() {
  lapsed_ = false;
  for (;;) {
    if (broken_) {
      link_.reset();
      co_return failure(Cause::garbage, "sent a broken chunked body");
    }
    if (!finished_ && begin_ < buffer_.size()) {
      const std::string_view bytes = take_body();
      if (!bytes.empty()) co_return bytes;
      continue;
    }
    if (finished_) co_return std::string_view();
    if (!link_) co_return failure(Cause::cut, "lost the connection before the reply was whole");
    fit_buffer();
    begin_ = 0;
    limit(limits_.idle, Cause::stall, "sent nothing for too long");
    const Moved moved = co_await link_->read(buffer_.data(), buffer_.capacity());
    // No limit runs while the caller is busy, perhaps with a slow client.
    pool_.worker().sweeper().unwatch(*this);
    pool_.worker().touch();
    read_by_ = core::Time::max();
    if (!moved.error) {
      lapsed_ = false;
      buffer_.grew(moved.bytes);
      continue;
    }
    if (lapsed_ && !cancelled_ && !expired_) co_return std::string_view();
    if (moved.error == asio::error::eof && body_ == Body::until_close && !cancelled_ && !expired_) {
      finish();
      co_return std::string_view();
    }
    link_.reset();
    co_return failure(Cause::cut, "lost the connection before the reply was whole");
  }
}

task<core::Result<std::string>> Call::read_all(std::size_t limit) {
  std::string all;
  if (body_ == Body::length) all.reserve(std::min<std::uint64_t>(left_, limit));
  for (;;) {
    auto piece = co_await read();
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return all;
    if (piece->size() > limit - all.size()) {
      link_.reset();
      co_return failure(Cause::garbage, "sent a reply over " + std::to_string(limit) + " bytes");
    }
    all.append(*piece);
  }
}

}  // namespace codecrucible::net

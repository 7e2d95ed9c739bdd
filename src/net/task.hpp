#pragma once

#include "net/frames.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace codecrucible::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// The concrete executor keeps every operation free of type erasure (STYLE §3.2).
using Executor = asio::io_context::executor_type;

template <class T = void>
using task = asio::awaitable<T, Executor>;

using Socket = asio::basic_stream_socket<tcp, Executor>;

// Completion as a tuple: `auto [ec, n] = co_await socket.async_read_some(buffer, net::nothrow);`
inline constexpr auto nothrow = asio::as_tuple(asio::deferred);

}  // namespace codecrucible::net

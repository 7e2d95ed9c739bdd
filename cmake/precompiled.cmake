# Headers that nearly every file reads are parsed once: `light` for the pure rooms, `heavy` for those that see
# sockets, `test` for the test programs. No file may rely on it: the gcc12 preset builds without.
set(light_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstring> <deque> <functional> <map>
  <memory> <memory_resource> <mutex> <optional> <span> <string> <string_view> <unordered_map> <utility>
  <variant> <vector> <boost/system/result.hpp>)
set(heavy_headers ${light_headers} <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <nlohmann/json.hpp>)
set(test_headers ${light_headers} <sstream> <doctest/doctest.h> <nlohmann/json.hpp>)

# precompile(<target> <owner> <headers...>): the first target of a kind parses them for all that follow.
function(precompile target kind)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    return()  # g++ wants the very same flags for each user, and finds what a file forgot to include
  endif()
  get_property(owner GLOBAL PROPERTY precompiled_${kind})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE ${${kind}_headers})
    set_property(GLOBAL PROPERTY precompiled_${kind} ${target})
  endif()
endfunction()

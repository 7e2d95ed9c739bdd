#include "gateway/door_watch.hpp"

#include "gateway/clock.hpp"
#include "net/descriptors.hpp"

#include <string>

namespace codecrucible::gateway {
namespace {

constexpr std::chrono::nanoseconds between_words = std::chrono::seconds(10);

}  // namespace

void DoorWatch::heard(std::string_view event) {
  const bool starved = event == "accept_starved";
  if (!starved && event != "refused_limit") return;
  Kept& kept = kept_[starved ? 0 : 1];
  const auto times = kept.since.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::int64_t now = clock_now().time_since_epoch().count();
  std::int64_t due = kept.next_tell.load(std::memory_order_relaxed);
  if (now < due || !kept.next_tell.compare_exchange_strong(due, now + between_words.count())) return;
  kept.since.fetch_sub(times, std::memory_order_relaxed);
  const auto advice = net::descriptor_advice(net::descriptor_limit());
  log_.warn(starved ? "no descriptors or memory for another connection: clients wait"
                    : "too many connections: clients are turned away with 503",
            {{"times", static_cast<std::int64_t>(times)}, {"advice", std::string_view(advice)}});
}

}  // namespace codecrucible::gateway

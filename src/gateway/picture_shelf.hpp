#pragma once

#include "config/settings.hpp"
#include "core/clock.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace codecrucible::gateway {

// A picture as it was fetched.
struct Picture {
  std::string_view media_type;  // static
  std::string base64;
  std::vector<std::string> hosts;  // that were asked for it: the URL's own, and where redirects led
  bool privately = false;          // servers in private networks were allowed then
};
using PicturePtr = std::shared_ptr<const Picture>;

// Pictures by the URL that named them, for the next turns of a conversation, which name them again. Bounded
// by bytes and age; those that were not asked for longest go first. Shared by all workers; the lock is held
// for a look-up or a hand-over.
class PictureShelf {
 public:
  // Null if there is none, it is too old, or it would not be fetched now: each use asks the settings anew.
  PicturePtr find(std::string_view url, const config::RemoteImages& settings, core::Time now);
  // Does nothing if it is larger than the whole shelf.
  void keep(std::string_view url, PicturePtr picture, const config::RemoteImages& settings, core::Time now);

  std::size_t bytes() const;

 private:
  struct Entry {
    std::string url;
    PicturePtr picture;
    core::Time fetched;
  };
  using Entries = std::list<Entry>;  // the latest use first

  static std::size_t size_of(const Entry& entry) noexcept;
  void drop(Entries::iterator entry, Entries& gone);

  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_url_;  // views into the entries
  std::size_t bytes_ = 0;
};

}  // namespace codecrucible::gateway

#include "gateway/picture_shelf.hpp"

#include "gateway/remote_images.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

// Would be fetched as well by these settings.
bool still_allowed(const Picture& picture, const config::RemoteImages& settings) {
  if (settings.cache_bytes == 0 || (picture.privately && !settings.private_networks)) return false;
  if (picture.base64.size() / 4 * 3 > settings.max_bytes + 2) return false;
  return std::all_of(picture.hosts.begin(), picture.hosts.end(),
                     [&](const std::string& host) { return may_be_fetched(host, settings.hosts); });
}

}  // namespace

std::size_t PictureShelf::size_of(const Entry& entry) noexcept {
  constexpr std::size_t besides = 256;
  return entry.url.size() + entry.picture->base64.size() + besides;
}

void PictureShelf::drop(Entries::iterator entry, Entries& gone) {
  bytes_ -= size_of(*entry);
  by_url_.erase(entry->url);
  gone.splice(gone.end(), entries_, entry);
}

PicturePtr PictureShelf::find(std::string_view url, const config::RemoteImages& settings, core::Time now) {
  Entries gone;  // freed outside of the lock
  const std::scoped_lock lock(mutex_);
  const auto known = by_url_.find(url);
  if (known == by_url_.end()) return nullptr;
  const auto entry = known->second;
  if (now - entry->fetched >= settings.cache_time || !still_allowed(*entry->picture, settings)) {
    drop(entry, gone);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->picture;
}

void PictureShelf::keep(std::string_view url, PicturePtr picture, const config::RemoteImages& settings,
                        core::Time now) {
  Entries gone;
  Entries fresh;
  fresh.push_back({std::string(url), std::move(picture), now});
  const std::size_t size = size_of(fresh.front());
  const std::scoped_lock lock(mutex_);
  if (const auto known = by_url_.find(url); known != by_url_.end()) drop(known->second, gone);
  if (size > settings.cache_bytes) return;
  while (!entries_.empty() && bytes_ + size > settings.cache_bytes) drop(std::prev(entries_.end()), gone);
  entries_.splice(entries_.begin(), fresh);
  by_url_.emplace(entries_.front().url, entries_.begin());
  bytes_ += size;
}

std::size_t PictureShelf::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

}  // namespace codecrucible::gateway

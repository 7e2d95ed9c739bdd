#pragma once

#include "config/settings.hpp"
#include "core/chat.hpp"
#include "core/result.hpp"
#include "gateway/picture_shelf.hpp"
#include "net/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// Pictures that a request names by URL. Backends that could fetch them would do so from inside the network,
// for whoever asks; others take data only. So it is the gateway that fetches, from servers that the
// configuration names, and what a backend gets is always the picture itself.

bool names_remote_images(const core::ChatRequest& request);

// Puts the pictures into the request, bytes in the arena; those on the shelf are not fetched.
// Failure{bad_request or unsupported} says what to configure, or what was wrong there; nothing of a reply
// that is no picture is told. Takes as long as the settings allow, ends early when the client leaves.
net::task<core::Result<void>> fetch_images(core::ChatRequest& request, core::Arena& arena,
                                           net::Exchange& exchange, PictureShelf& shelf,
                                           const config::RemoteImages& settings);

// "images.example.com" against "images.example.com" or "*.example.com".
bool may_be_fetched(std::string_view host, const std::vector<std::string>& hosts);

// "image/png", "image/jpeg", "image/gif" or "image/webp" by the first bytes; empty for all else.
std::string_view picture_type(std::string_view bytes);

// Where a redirect leads, as a whole URL; empty if that is no http(s) address, or leaves https.
std::string redirected(std::string_view from, std::string_view location);

}  // namespace codecrucible::gateway

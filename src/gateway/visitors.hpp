#pragma once

#include "config/settings.hpp"
#include "core/result.hpp"
#include "net/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// Who may come in where no key is asked for. A page of the web can make a browser on this machine send
// requests: under its own name, if that name is made to point here for a moment (DNS rebinding), or as a
// foreign origin. The browser tells both truly, in Host and in Origin.

// "localhost", "dev.localhost", 127.x.y.z or ::1, with or without a port.
bool names_this_machine(std::string_view host);

// A name that nobody on the web can make point here: this machine, an address, a name without a dot (one of
// the own network, a container), "….internal", or one of `also`. Empty (HTTP/1.0) is one too.
bool is_known_host(std::string_view host, const std::vector<std::string>& also);

// A page of this machine (http://localhost:…), or a program that shows pages of its own (app://, tauri://,
// vscode-webview://, vscode-file://). "null" is none: any page can make itself that.
bool is_home_origin(std::string_view origin);

// Refuses a foreign Host or Origin, and says what to configure. Meant for gateways without keys.
core::Result<void> check_visitor(const net::Exchange& exchange, const config::Security& security);

// Without keys only this machine may be listened to, unless the configuration says otherwise.
core::Result<void> check_openness(std::string_view address, const config::Security& security);

}  // namespace codecrucible::gateway

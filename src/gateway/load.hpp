#pragma once

#include "fleet/ask.hpp"
#include "gateway/chat_job.hpp"

#include <optional>

namespace codecrucible::gateway {

// Loads the model of a lease with its pinned window, so that nothing else on the host is disturbed, and tells
// the fleet. Goes on when the client leaves: others may wait for the same model. None = it is in memory, or
// its server loads by itself with the request.
net::task<std::optional<core::Failure>> load_model(WorkerDesk& desk, const Backend& backend,
                                                   const fleet::Lease& lease,
                                                   const providers::Target& target);

// The same from any worker, not counted.
net::task<std::optional<core::Failure>> load_model(net::Worker& worker, FleetDesk& fleet,
                                                   const Backend& backend, const fleet::Pair& at,
                                                   const providers::Target& target);

// An Ollama client's request without messages: it wants the model in memory, nothing else (ollama.md §7).
net::task<> serve_load(ChatJob& job);

}  // namespace codecrucible::gateway

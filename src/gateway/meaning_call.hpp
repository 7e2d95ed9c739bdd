#pragma once

#include "cache/semantic/meaning.hpp"
#include "gateway/chat_job.hpp"

#include <optional>

namespace codecrucible::gateway {

// The meaning of a text as the embedding model of performance.cache.semantic.model tells it. None if it is
// not in memory anywhere, has no slot in time, or fails: the request is then served as if there were no such
// cache.
net::task<std::optional<cache::Meaning>> meaning_by_model(ChatJob& job, std::string_view text);

}  // namespace codecrucible::gateway

#pragma once

#include "gateway/worker_desk.hpp"

#include <string>

namespace codecrucible::gateway {

// GET /admin/history[?since=1h&task=edit&limit=50&before=NUMBER]: {"records": […], "next_before": NUMBER or
// null}; GET /admin/history/{request id}: one record.
net::task<core::Result<std::string>> history_page(net::Exchange& exchange, WorkerDesk& desk,
                                                  const std::string& verb);

// POST /v1/feedback {request_id, score (0..1) | thumbs ("up", "down"), label?, comment?}.
net::task<> serve_feedback(net::Exchange& exchange, WorkerDesk& desk);

// The feedback that a body means; a bad_request failure names the field at fault.
core::Result<history::Feedback> feedback_of(std::string_view body);

}  // namespace codecrucible::gateway

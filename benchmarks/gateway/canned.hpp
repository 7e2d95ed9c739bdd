#pragma once

#include <string>
#include <string_view>

namespace codecrucible::bench {

// What the canned backend answers. The model's name chooses the scenario:
//   "canned"             whole answer of 64 words; as a stream: 64 events written at once
//   "paced-<ms>-<n>"     a stream of n events, one each <ms>
// Dialects by path: /v1/* as LM Studio, /api/* as Ollama.

struct Scenario {
  bool ollama = false;
  bool stream = false;
  unsigned pace_ms = 0;  // 0 = all at once
  unsigned events = 64;
  std::string model = "canned";  // as asked for: LM Studio's replies are checked for it
};

Scenario scenario_of(std::string_view path, std::string_view body);

// Head and body of a whole reply, or of a lookup (/v1/models, /api/tags, …); 404 for unknown paths.
std::string whole_reply(std::string_view path, const Scenario& scenario);

std::string stream_head(const Scenario& scenario);
// One event, already framed as a chunk; `index` counts from 0.
std::string stream_event(const Scenario& scenario, unsigned index);
// Finish, usage, end mark and the last chunk.
std::string stream_tail(const Scenario& scenario);

}  // namespace codecrucible::bench

#pragma once

#include "core/result.hpp"
#include "simulator/fault.hpp"
#include "simulator/settings.hpp"

#include <memory>
#include <string>
#include <vector>

namespace codecrucible::simulator {

// A stand-in for LM Studio or Ollama on the wire: the same endpoints, frames, errors, loads, evictions and
// queues, with deterministic text (text.hpp) and faults on demand (fault.hpp). Runs on a thread of its own
// until destroyed. All functions may be called from any thread.
class Simulator {
 public:
  virtual ~Simulator() = default;  // closes all connections
  virtual std::uint16_t port() const = 0;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  virtual Stats stats() const = 0;
  // The next `count` generations (of that model, if one is named) meet this fault.
  virtual void inject(Fault fault, int count = 1, std::string model = {}) = 0;
  // Forgets all injected faults that nobody has met yet.
  virtual void forgive() = 0;
  // Bodies of the last generation requests, newest last (at most 64), and the head lines of the newest
  // generation or embeddings request.
  virtual std::vector<std::string> bodies() const = 0;
  virtual std::string last_headers() const = 0;
  // Unloads a model, as a user at the server's own window would.
  virtual void unload(const std::string& model) = 0;
  // Closes all connections and, while down, every new one: a server that was killed.
  virtual void down(bool is_down) = 0;
};

core::Result<std::unique_ptr<Simulator>> start(Settings settings);

// The two that the demo shows: an LM Studio with two small models, an Ollama with two strong ones.
Settings demo_lmstudio();
Settings demo_ollama();

}  // namespace codecrucible::simulator

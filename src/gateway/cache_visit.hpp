#pragma once

#include "gateway/capture.hpp"
#include "gateway/shared_exchange.hpp"

#include <optional>

namespace codecrucible::gateway {

// What the cache does for one request: answers it from memory, lets it join an identical one under way, or
// lets it lead one that others may join.
class CacheVisit {
 public:
  CacheVisit(ChatJob& job, SharedExchange& client) : job_(job), client_(client) {}
  ~CacheVisit();  // an exception must not leave those waiting who joined
  CacheVisit(const CacheVisit&) = delete;
  CacheVisit& operator=(const CacheVisit&) = delete;

  // True: the client has its answer (or its failure), nothing is left to do. Before classification: the
  // request and the headers tell all that counts.
  net::task<bool> serve();
  // After the decision: true if the client got an answer to a request that means the same.
  net::task<bool> serve_alike();
  // The request has ended: what was led is no longer to be joined.
  void settle();

 private:
  // A text that may be said in other words, and what was found like it.
  struct Alike {
    cache::Key group;
    std::string_view text;
    std::optional<cache::Meaning> meaning;  // by a model; none: the built-in one
    cache::Semantic::Found found;
    const cache::Meaning* given() const { return meaning ? &*meaning : nullptr; }
  };

  void lead(const cache::Key& key, std::shared_ptr<cache::Flight> flight, bool keep);
  bool may_be_alike() const;
  void remember();

  ChatJob& job_;
  SharedExchange& client_;
  std::optional<Capture> capture_;
  std::string model_, wishes_;
  bool reads_ = false;  // the request may be answered from memory
  std::optional<Alike> alike_;
};

}  // namespace codecrucible::gateway

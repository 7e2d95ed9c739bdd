#pragma once

#include "story.hpp"

#include <map>
#include <random>
#include <set>

namespace codecrucible::fleet::test {

struct WorldPlan {
  std::uint64_t seed = 1;
  double seconds = 900;
  double arrivals = 1.0;  // requests per second
  bool guard = true;
  bool crashes = false;
  double faults = 0;   // share of generations and loads that fail
  double leavers = 0;  // share of clients that give up
};

struct Tally {
  int asked = 0, served = 0, failed = 0, refused = 0, left = 0;
  int evicted_while_generating = 0, swaps = 0, crashes = 0, over_slots = 0, doubled = 0;
  double longest_wait = 0;
  std::size_t leases_left = 0, waiting_left = 0, cooling_left = 0, loading_left = 0;
};

// Two servers as they behave by lmstudio.md §5 and ollama.md §7, and many clients, in steps of 50 ms. It
// knows nothing of the fleet's beliefs: residency, evictions and running generations are its own truth.
class World {
 public:
  explicit World(const WorldPlan& plan);
  void run();
  Tally tally() const { return tally_; }

 private:
  struct Server {
    std::string name;
    bool lmstudio = false;
    std::size_t limit = 1;
    std::map<std::string, int> slots;      // models on disk
    std::map<std::string, double> loaded;  // in memory -> last used
    double down_until = -1;
  };
  struct Generation {
    LeaseId lease = 0;
    std::uint64_t request = 0;
    Server* server = nullptr;
    std::string model;
    double load_until = -1;  // explicit load under way
    double first_at = -1, ends_at = -1;
    bool first_told = false;
    bool fails = false;
    bool hung_up = false;  // lease is over, the server still generates until ends_at
  };
  struct Client {
    double asked_at = 0;
    double leaves_at = 1e9;
    TicketId ticket = 0;
    bool settled = false;
  };

  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  bool generating(const Server& server, const std::string& model) const;
  void bring_into_memory(Server& server, const std::string& model);
  void arrive();
  void begin(const Lease& lease);
  void generate(Generation& work);
  void crash(Server& server);
  void step_generations();
  void leave();
  void probe();
  void take_calls();
  void check_slots();
  void settle(std::uint64_t request, int Tally::* how);

  WorldPlan plan_;
  std::mt19937_64 random_;
  double now_ = 0;
  std::vector<Server> servers_;
  Fleet fleet_;
  std::vector<Generation> work_;
  std::map<std::uint64_t, Client> clients_;
  Tally tally_;
};

}  // namespace codecrucible::fleet::test

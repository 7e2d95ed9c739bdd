#include "world.hpp"

namespace codecrucible::fleet::test {
namespace {

constexpr double step = 0.05;

Settings settings_of(const WorldPlan& plan) {
  auto box = host("box", core::ProviderKind::ollama);
  box.max_loaded = 2;
  auto settings = with({host("desk", core::ProviderKind::lmstudio), box});
  settings.swap.guard = plan.guard;
  settings.seed = plan.seed;
  return settings;
}

}  // namespace

World::World(const WorldPlan& plan) : plan_(plan), random_(plan.seed), fleet_(settings_of(plan), at(0)) {
  servers_.push_back({"desk", true, 1, {{"a", 4}, {"b", 4}, {"c", 2}}, {}, -1});
  servers_.push_back({"box", false, 2, {{"a", 1}, {"d", 2}, {"e", 1}, {"f", 1}}, {}, -1});
}

bool World::generating(const Server& server, const std::string& model) const {
  for (const auto& work : work_) {
    if (work.server == &server && work.model == model && work.first_at >= 0 && now_ < work.ends_at)
      return true;
  }
  return false;
}

void World::bring_into_memory(Server& server, const std::string& model) {
  while (!server.loaded.contains(model) && server.loaded.size() >= server.limit) {
    // LM Studio puts out whatever is there; Ollama the least recently used, an idle one if there is one.
    auto victim = server.loaded.end();
    for (auto it = server.loaded.begin(); it != server.loaded.end(); ++it) {
      if (victim == server.loaded.end()) {
        victim = it;
        continue;
      }
      const bool it_busy = generating(server, it->first);
      const bool victim_busy = generating(server, victim->first);
      if (it_busy != victim_busy ? victim_busy : it->second < victim->second) victim = it;
    }
    tally_.evicted_while_generating += generating(server, victim->first) ? 1 : 0;
    ++tally_.swaps;
    server.loaded.erase(victim);
  }
  server.loaded[model] = now_;
}

void World::settle(std::uint64_t request, int Tally::* how) {
  auto& client = clients_.at(request);
  if (client.settled) ++tally_.doubled;
  client.settled = true;
  ++(tally_.*how);
}

void World::arrive() {
  static const std::vector<std::vector<Pair>> wishes{
      {{"desk", "a"}, {"box", "a"}},
      {{"desk", "b"}},
      {{"desk", "c"}},
      {{"box", "d"}},
      {{"box", "e"}},
      {{"box", "f"}},
      {{"desk", "b"}},
      {{"box", "d"}, {"desk", "b"}},
  };
  const auto request = static_cast<std::uint64_t>(++tally_.asked);
  auto wanted = ask(request, wishes[random_() % wishes.size()], "client" + std::to_string(random_() % 5),
                    random_() % 4 == 0 ? Priority::batch : Priority::interactive);
  wanted.prompt_tokens = 200;
  wanted.output_tokens = 50;
  Client& client = clients_[request];
  client.asked_at = now_;
  if (uniform(0, 1) < plan_.leavers) client.leaves_at = now_ + uniform(0, 10);
  const auto answer = fleet_.ask(wanted, at(now_));
  if (const auto* got = lease(answer)) begin(*got);
  if (const auto* queued = waiting(answer)) client.ticket = queued->ticket;
  if (refusal(answer)) settle(request, &Tally::refused);
}

void World::begin(const Lease& lease) {
  auto& client = clients_.at(lease.request);
  client.ticket = 0;
  tally_.longest_wait = std::max(tally_.longest_wait, now_ - client.asked_at);
  Generation work;
  work.lease = lease.id;
  work.request = lease.request;
  work.model = lease.at.model;
  for (auto& server : servers_) {
    if (server.name == lease.at.host) work.server = &server;
  }
  work.fails = uniform(0, 1) < plan_.faults;
  if (now_ < work.server->down_until) {
    if (lease.must_load_first) fleet_.load_finished(lease.at.host, work.model, false, secs(0), at(now_));
    fleet_.finished(lease.id, bad(core::Cause::refused), at(now_));
    settle(lease.request, &Tally::failed);
    return;
  }
  if (lease.must_load_first) {
    bring_into_memory(*work.server, work.model);
    work.load_until = now_ + uniform(1, 4);
  } else {
    generate(work);
  }
  work_.push_back(work);
}

void World::generate(Generation& work) {
  bring_into_memory(*work.server, work.model);
  work.first_at = now_ + uniform(0.05, 0.3);
  work.ends_at = work.first_at + uniform(0.2, 3);
}

void World::crash(Server& server) {
  ++tally_.crashes;
  server.down_until = now_ + uniform(0.5, 15);
  server.loaded.clear();
  auto lost = std::exchange(work_, {});
  for (auto& work : lost) {
    if (work.server != &server) {
      work_.push_back(work);
      continue;
    }
    if (work.load_until >= 0) fleet_.load_finished(server.name, work.model, false, secs(1), at(now_));
    if (work.hung_up) continue;
    fleet_.finished(work.lease, bad(core::Cause::reset), at(now_));
    settle(work.request, &Tally::failed);
  }
}

void World::step_generations() {
  for (std::size_t i = 0; i < work_.size(); ++i) {
    auto& work = work_[i];
    if (work.load_until >= 0 && now_ >= work.load_until) {
      work.load_until = -1;
      const bool ok = !work.fails;
      const bool joined_only = work.hung_up;
      const auto name = work.server->name;
      const auto model = work.model;
      if (!ok) work.server->loaded.erase(model);
      if (ok && !joined_only) generate(work);
      fleet_.load_finished(name, model, ok, secs(2), at(now_));
      if (!ok && !joined_only) {
        fleet_.finished(work.lease, bad(core::Cause::backend_error), at(now_));
        settle(work.request, &Tally::failed);
      }
      if (!ok || joined_only) work.ends_at = work.first_at = now_;
      if (!ok || joined_only) work.hung_up = true;
      continue;
    }
    if (work.first_at < 0 || work.hung_up) continue;
    if (!work.first_told && now_ >= work.first_at) {
      work.first_told = true;
      fleet_.progress(work.lease, at(now_));
    }
    if (now_ < work.ends_at) continue;
    work.hung_up = true;
    work.server->loaded[work.model] = now_;
    auto outcome = work.fails ? bad(core::Cause::cut) : good(0.2, work.ends_at - work.first_at + 0.2);
    fleet_.finished(work.lease, outcome, at(now_));
    settle(work.request, work.fails ? &Tally::failed : &Tally::served);
  }
  std::erase_if(work_, [&](const Generation& work) {
    return work.hung_up && work.load_until < 0 && now_ >= work.ends_at;
  });
}

void World::leave() {
  for (auto& [request, client] : clients_) {
    if (client.settled || now_ < client.leaves_at) continue;
    if (client.ticket != 0) {
      if (fleet_.cancel(client.ticket, at(now_))) settle(request, &Tally::left);
      continue;
    }
    for (auto& work : work_) {
      if (work.request != request || work.hung_up) continue;
      work.hung_up = true;
      // It runs on at the server for a while, as long as the grace period allows for.
      if (work.first_at >= 0) work.ends_at = std::min(work.ends_at, now_ + (work.first_told ? 0.25 : 2.9));
      Outcome outcome;
      outcome.cancelled = true;
      fleet_.finished(work.lease, outcome, at(now_));
      settle(request, &Tally::left);
    }
  }
}

void World::probe() {
  for (const auto& name : fleet_.due(at(now_))) {
    for (auto& server : servers_) {
      if (server.name != name) continue;
      if (now_ < server.down_until) {
        fleet_.probe_failed(name, core::fail(core::Cause::refused, "connection refused"), at(now_));
        continue;
      }
      Listing list;
      for (const auto& [model, slots] : server.slots) {
        Found found;
        found.id = model;
        found.slots = slots;
        found.resident = server.loaded.contains(model);
        list.models.push_back(found);
      }
      fleet_.probed(name, list, at(now_), at(now_));
    }
  }
}

void World::take_calls() {
  for (auto called = fleet_.take_called(); !called.empty(); called = fleet_.take_called()) {
    for (const auto& one : called) {
      if (const auto* got = std::get_if<Lease>(&one.result)) {
        begin(*got);
      } else {
        settle(one.request, &Tally::refused);
      }
    }
  }
}

void World::check_slots() {
  std::map<std::pair<std::string, std::string>, int> running;
  for (const auto& work : work_) {
    if (work.first_at >= 0 && now_ < work.ends_at) ++running[{work.server->name, work.model}];
  }
  for (const auto& [where, count] : running) {
    for (const auto& server : servers_) {
      if (server.name == where.first && count > server.slots.at(where.second)) ++tally_.over_slots;
    }
  }
}

void World::run() {
  double next_crash = plan_.crashes ? uniform(20, 100) : 1e9;
  probe();
  for (now_ = 1; now_ < plan_.seconds + 300; now_ += step) {
    if (now_ < plan_.seconds && uniform(0, 1) < plan_.arrivals * step) arrive();
    if (now_ >= next_crash && now_ < plan_.seconds) {
      crash(servers_[random_() % servers_.size()]);
      next_crash = now_ + uniform(20, 100);
    }
    step_generations();
    leave();
    probe();
    fleet_.tick(at(now_));
    take_calls();
    check_slots();
  }
  const auto counts = fleet_.counts();
  tally_.leases_left = counts.leases;
  tally_.waiting_left = counts.waiting;
  tally_.cooling_left = counts.cooling;
  tally_.loading_left = counts.loading;
}

}  // namespace codecrucible::fleet::test

#pragma once

#include "simulator/connection.hpp"
#include "simulator/dialect.hpp"
#include "simulator/machine.hpp"
#include "simulator/simulator.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json_fwd.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace codecrucible::simulator {

// The simulated server itself: one thread, one loop.
class Server final : public Simulator {
 public:
  explicit Server(Settings settings);
  ~Server() override;
  core::Result<void> begin();

  std::uint16_t port() const override { return port_; }
  Stats stats() const override;
  void inject(Fault fault, int count, std::string model) override;
  void forgive() override;
  std::vector<std::string> bodies() const override;
  std::string last_headers() const override;
  void unload(const std::string& model) override;
  void down(bool is_down) override;

 private:
  struct Planted {
    Fault fault;
    int count;
    std::string model;
  };

  net::task<> accept();
  net::task<> serve(std::shared_ptr<Connection> connection);
  net::task<bool> answer(Connection& connection, const Request& request);
  net::task<bool> generate(Connection& connection, const Request& request, bool generate_call);
  net::task<bool> early_fault(Connection& connection, Fault fault, Dialect& dialect);
  net::task<bool> acquire(Connection& connection, Machine::Model& model, const Ask& ask, Took& took,
                          Dialect& dialect);
  net::task<bool> speak(Connection& connection, const Ask& ask, const Plan& plan, Machine::Model& model,
                        Fault fault, Took& took, Dialect& dialect);
  net::task<bool> stream(Connection& connection, const Plan& plan, Machine::Model& model, Fault fault,
                         Took& took, Dialect& dialect);
  net::task<bool> load_model(Connection& connection, const Request& request);
  net::task<bool> preload(Connection& connection, const Ask& ask, Machine::Model& model);
  net::task<bool> reply(Connection& connection, int status, std::string body, std::string_view extra = {});

  // Replies to everything that is not a generation; empty status 0 = unknown path.
  struct Page {
    int status = 0;
    std::string body;
    std::string_view type = "application/json";
  };
  Page page(const Request& request);
  Page embeddings(const Request& request);
  Page control(const Request& request);

  Fault fault_for(const Ask& ask);
  void remember(const Request& request);
  void remember_headers(const Request& request);
  void changed();
  std::chrono::nanoseconds scaled(double seconds) const;
  bool lmstudio() const { return settings_.kind == core::ProviderKind::lmstudio; }
  bool ollama() const { return settings_.kind == core::ProviderKind::ollama; }

  Settings settings_;
  boost::asio::io_context context_{1};
  boost::asio::basic_socket_acceptor<net::tcp, net::Executor> acceptor_;
  std::uint16_t port_ = 0;
  std::set<std::shared_ptr<Connection>> connections_;
  Machine machine_;
  bool down_ = false;

  mutable std::mutex mutex_;  // what other threads read or plant
  Stats published_;
  std::deque<Planted> planted_;
  std::deque<std::string> bodies_;
  std::string headers_;

  std::thread thread_;
};

// The lists of models in each server's own form.
std::string openai_list(const std::vector<Machine::Model>& models, core::ProviderKind kind);
std::string lmstudio_v0_list(const std::vector<Machine::Model>& models);
std::string lmstudio_v1_list(const std::vector<Machine::Model>& models);
std::string ollama_tags(const std::vector<Machine::Model>& models);
std::string ollama_ps(const std::vector<Machine::Model>& models);
std::string ollama_show(const Machine::Model& model);

}  // namespace codecrucible::simulator

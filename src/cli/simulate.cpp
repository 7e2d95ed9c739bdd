#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "simulator/simulator.hpp"

#include <signal.h>
#include <unistd.h>

#include <iostream>

namespace codecrucible::cli {

int simulate(const SimulateOptions& options) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  auto lmstudio = simulator::demo_lmstudio();
  lmstudio.port = options.lmstudio_port;
  auto ollama = simulator::demo_ollama();
  ollama.port = options.ollama_port;
  lmstudio.time_scale = ollama.time_scale = options.speed > 0 ? 1 / options.speed : 0;
  const auto first = simulator::start(lmstudio);
  const auto second = simulator::start(ollama);
  for (const auto* started : {&first, &second}) {
    if (*started) continue;
    std::cerr << "error: " << started->error().detail
              << "\nIs the real server running there? Choose other ports.\n";
    return Exit::failed;
  }
  std::cerr << "SIMULATION of LM Studio on " << (*first)->url() << " and of Ollama on " << (*second)->url()
            << "\n"
            << "Faults on demand:  curl " << (*first)->url()
            << "/sim/faults -d '{\"fault\":\"cut:3\",\"count\":1}'\n"
            << "or in a prompt:    [[fault:stall:2]]   also [[words:200]] and [[say:any text]]\n"
            << "Numbers:           curl " << (*first)->url() << "/sim/stats\nCtrl-C ends it.\n";
  int number = 0;
  sigwait(&set, &number);
  return Exit::ok;
}

}  // namespace codecrucible::cli

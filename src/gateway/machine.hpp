#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::gateway {

struct Gpu {
  std::string name;
  std::uint64_t memory_total = 0, memory_used = 0;  // bytes
  std::optional<double> busy;                       // share of the last moments, 0..1
};

// What this machine has and how busy it is. Unknown = 0 or empty.
struct Machine {
  std::string cpu;
  unsigned cores = 0;
  double load = 0;                                 // mean of the last minute, in cores
  std::optional<double> cpu_busy;                  // share of all cores since the look before, 0..1
  std::uint64_t ram_total = 0, ram_available = 0;  // bytes
  std::vector<Gpu> gpus;
};

// Where to look; other places are for tests.
struct MachinePlaces {
  std::string root;                        // before /proc and /sys
  std::string nvml = "libnvidia-ml.so.1";  // NVIDIA's management library, if the machine has it
};

// NVIDIA's graphics cards through their driver's own library, which is opened if it is there.
class NvidiaCards {
 public:
  explicit NvidiaCards(const std::string& library);
  ~NvidiaCards();
  NvidiaCards(const NvidiaCards&) = delete;
  NvidiaCards& operator=(const NvidiaCards&) = delete;

  void append(std::vector<Gpu>& gpus) const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

// Reads the machine's state: CPU and memory from /proc, AMD's cards from /sys, NVIDIA's through NVML.
// Blocking and now and then slow: for a background thread, the same one each time.
class MachineReader {
 public:
  explicit MachineReader(MachinePlaces places = {});
  Machine read();

 private:
  std::optional<double> busy_since_last();

  MachinePlaces places_;
  NvidiaCards nvidia_;
  std::uint64_t last_busy_ = 0, last_all_ = 0;  // ticks
};

}  // namespace codecrucible::gateway

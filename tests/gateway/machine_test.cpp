#include "gateway/machine.hpp"

#include "places.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace codecrucible::gateway;

namespace {

// A machine made of files.
struct Tree {
  ~Tree() { std::filesystem::remove_all(root); }
  void put(const std::string& path, const std::string& text) const {
    const auto whole = root / path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("codecrucible-machine-" + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("machine: CPU, memory and AMD's cards are read from the kernel's files") {
  const Tree tree;
  tree.put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nprocessor\t: 1\n");
  tree.put("proc/meminfo", "MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:    4000000 kB\n");
  tree.put("proc/loadavg", "1.75 0.50 0.25 1/300 4242\n");
  tree.put("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n");
  tree.put("sys/class/drm/card0/device/mem_info_vram_total", "17163091968\n");
  tree.put("sys/class/drm/card0/device/mem_info_vram_used", "1000000000\n");
  tree.put("sys/class/drm/card0/device/gpu_busy_percent", "37\n");
  tree.put("sys/class/drm/card0-DP-1/device/mem_info_vram_total", "17163091968\n");
  tree.put("sys/class/drm/card1/device/vendor", "0x8086\n");
  MachineReader reader({tree.root.string(), "no-such-library.so"});
  auto machine = reader.read();
  CHECK(machine.cpu == "Some CPU @ 3 GHz");
  CHECK(machine.ram_total == 16'000'000ULL * 1024);
  CHECK(machine.ram_available == 4'000'000ULL * 1024);
  CHECK(machine.load == doctest::Approx(1.75));
  CHECK(!machine.cpu_busy);  // nothing to compare with yet
  REQUIRE(machine.gpus.size() == 1);
  CHECK(machine.gpus[0].memory_total == 17'163'091'968ULL);
  CHECK(machine.gpus[0].memory_used == 1'000'000'000ULL);
  CHECK(*machine.gpus[0].busy == doctest::Approx(0.37));
  tree.put("proc/stat", "cpu  140 0 120 940 0 0 0 0 0 0\n");
  machine = reader.read();
  CHECK(*machine.cpu_busy == doctest::Approx(0.3));
}

TEST_CASE("machine: NVIDIA's cards are asked through the driver's library") {
  MachineReader reader({"/nowhere", binary_dir() + "/tests/libfake_nvml.so"});
  const auto machine = reader.read();
  REQUIRE(machine.gpus.size() == 2);
  CHECK(machine.gpus[0].name == "Fake GPU 0");
  CHECK(machine.gpus[1].memory_total == 24ULL << 30);
  CHECK(machine.gpus[1].memory_used == 5ULL << 30);
  CHECK(*machine.gpus[1].busy == doctest::Approx(0.42));
}

TEST_CASE("machine: where nothing can be read nothing is claimed") {
  MachineReader reader({"/nowhere", "no-such-library.so"});
  const auto machine = reader.read();
  CHECK(machine.ram_total == 0);
  CHECK(machine.gpus.empty());
  CHECK(!machine.cpu_busy);
}

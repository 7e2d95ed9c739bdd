#include "gateway/machine.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

namespace codecrucible::gateway {
namespace {

namespace fs = std::filesystem;

std::uint64_t number_in(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  file >> value;
  return file ? value : 0;
}

// Text after "key :" in a file of such lines, as /proc/cpuinfo and /proc/meminfo are.
std::string field(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

std::uint64_t kibibytes(const std::string& path, std::string_view key) {
  std::istringstream text(field(path, key));
  std::uint64_t value = 0;
  text >> value;
  return value * 1024;
}

// "card0", not "card0-HDMI-A-1".
bool is_card(const std::string& name) {
  return name.size() > 4 && name.starts_with("card") &&
         std::all_of(name.begin() + 4, name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// The amdgpu driver tells each card's memory in files of its own.
void append_amd(const std::string& root, std::vector<Gpu>& gpus) {
  std::vector<fs::path> cards;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root + "/sys/class/drm", error)) {
    if (is_card(entry.path().filename().string())) cards.push_back(entry.path() / "device");
  }
  std::sort(cards.begin(), cards.end());
  for (const auto& card : cards) {
    Gpu gpu;
    gpu.memory_total = number_in(card / "mem_info_vram_total");
    if (gpu.memory_total == 0) continue;
    gpu.memory_used = number_in(card / "mem_info_vram_used");
    if (fs::exists(card / "gpu_busy_percent", error))
      gpu.busy = static_cast<double>(number_in(card / "gpu_busy_percent")) / 100;
    std::ifstream name(card / "product_name");
    if (!std::getline(name, gpu.name) || gpu.name.empty()) gpu.name = "AMD graphics";
    gpus.push_back(std::move(gpu));
  }
}

}  // namespace

MachineReader::MachineReader(MachinePlaces places) : places_(std::move(places)), nvidia_(places_.nvml) {}

Machine MachineReader::read() {
  Machine machine;
  const auto& root = places_.root;
  machine.cpu = field(root + "/proc/cpuinfo", "model name");
  machine.cores = std::thread::hardware_concurrency();
  std::ifstream(root + "/proc/loadavg") >> machine.load;
  machine.cpu_busy = busy_since_last();
  machine.ram_total = kibibytes(root + "/proc/meminfo", "MemTotal");
  machine.ram_available = kibibytes(root + "/proc/meminfo", "MemAvailable");
  nvidia_.append(machine.gpus);
  append_amd(root, machine.gpus);
  return machine;
}

// proc(5): user, nice, system, idle, iowait, irq, softirq, steal.
std::optional<double> MachineReader::busy_since_last() {
  std::ifstream file(places_.root + "/proc/stat");
  std::string word;
  file >> word;
  std::uint64_t all = 0, idle = 0;
  for (int i = 0; i < 8; ++i) {
    std::uint64_t ticks = 0;
    if (!(file >> ticks)) return std::nullopt;
    all += ticks;
    if (i == 3 || i == 4) idle += ticks;
  }
  const bool first = last_all_ == 0;
  const auto passed = all - last_all_;
  const auto busy = (all - idle) - last_busy_;
  last_all_ = all;
  last_busy_ = all - idle;
  if (first || passed == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(busy) / static_cast<double>(passed));
}

}  // namespace codecrucible::gateway

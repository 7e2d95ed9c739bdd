#include "gateway/machine.hpp"

#include <dlfcn.h>

#include <array>

namespace codecrucible::gateway {
namespace {

// nvml.h, as far as it is used; the library's interface is stable by its own promise.
using Device = void*;
struct MemoryInfo {
  unsigned long long total, free, used;
};
struct Utilization {
  unsigned gpu, memory;  // percent
};
constexpr int success = 0;
constexpr unsigned most_cards = 64;

}  // namespace

struct NvidiaCards::Library {
  void* handle = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*device)(unsigned, Device*) = nullptr;
  int (*name)(Device, char*, unsigned) = nullptr;
  int (*memory)(Device, MemoryInfo*) = nullptr;
  int (*utilization)(Device, Utilization*) = nullptr;
  bool begun = false;

  explicit Library(const std::string& file) : handle(dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL)) {
    if (handle == nullptr) return;
    find(init, "nvmlInit_v2");
    find(shutdown, "nvmlShutdown");
    find(count, "nvmlDeviceGetCount_v2");
    find(device, "nvmlDeviceGetHandleByIndex_v2");
    find(name, "nvmlDeviceGetName");
    find(memory, "nvmlDeviceGetMemoryInfo");
    find(utilization, "nvmlDeviceGetUtilizationRates");
    const bool whole = init && shutdown && count && device && name && memory;
    begun = whole && init() == success;
  }
  ~Library() {
    if (begun) shutdown();
    if (handle != nullptr) dlclose(handle);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  template <class Function>
  void find(Function& function, const char* symbol) {
    function = reinterpret_cast<Function>(dlsym(handle, symbol));
  }
};

NvidiaCards::NvidiaCards(const std::string& library) : library_(std::make_unique<Library>(library)) {}
NvidiaCards::~NvidiaCards() = default;

// The library's own types have other names than ours, which only a sanitizer of function types minds.
#ifdef __clang__
__attribute__((no_sanitize("function")))
#endif
void NvidiaCards::append(std::vector<Gpu>& gpus) const {
  const Library& nvml = *library_;
  unsigned cards = 0;
  if (!nvml.begun || nvml.count(&cards) != success) return;
  for (unsigned i = 0; i < cards && i < most_cards; ++i) {
    Device device = nullptr;
    MemoryInfo memory{};
    if (nvml.device(i, &device) != success || nvml.memory(device, &memory) != success) continue;
    Gpu gpu;
    gpu.memory_total = memory.total;
    gpu.memory_used = memory.used;
    std::array<char, 128> name{};
    if (nvml.name(device, name.data(), name.size() - 1) == success) gpu.name = name.data();
    Utilization busy{};
    if (nvml.utilization && nvml.utilization(device, &busy) == success)
      gpu.busy = static_cast<double>(busy.gpu) / 100;
    gpus.push_back(std::move(gpu));
  }
}

}  // namespace codecrucible::gateway

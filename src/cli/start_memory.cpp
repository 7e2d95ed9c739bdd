#include "cli/start_memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace codecrucible::cli {
namespace {

// Segments that nobody writes are copies of their file: dropping them loses nothing.
int drop_segments(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    // The loader tells addresses as numbers.
    auto* const at = reinterpret_cast<void*>(begin);  // NOLINT(performance-no-int-to-ptr)
    static_cast<void>(madvise(at, end - begin, MADV_DONTNEED));
  }
  return 0;
}

}  // namespace

void give_back_start_memory() {
  malloc_trim(0);
  dl_iterate_phdr(drop_segments, nullptr);
}

}  // namespace codecrucible::cli

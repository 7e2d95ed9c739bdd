#include "config/load.hpp"
#include "config/profiles.hpp"
#include "config/yaml.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace codecrucible::config {
namespace {

namespace fs = std::filesystem;

std::optional<Source> read_source(const std::string& path, std::string& trouble) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    trouble = "this is a directory";
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    trouble = fs::exists(path, error) ? "the file cannot be read" : "there is no such file";
    return std::nullopt;
  }
  // One byte more than allowed, so that a file that is too large (or endless) is refused by its size.
  Source source{path, std::string(max_config_bytes + 1, '\0')};
  file.read(source.text.data(), static_cast<std::streamsize>(source.text.size()));
  source.text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) {
    trouble = "reading the file failed";
    return std::nullopt;
  }
  return source;
}

std::uint64_t number_in(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  file >> value;
  return file ? value : 0;
}

// Largest graphics memory that the kernel's own files tell (AMD); NVIDIA's driver tells it only through its
// tools.
std::uint64_t vram() {
  std::uint64_t most = 0;
  std::error_code error;
  for (const fs::directory_entry& card : fs::directory_iterator("/sys/class/drm", error))
    most = std::max(most, number_in(card.path() / "device" / "mem_info_vram_total"));
  return most;
}

}  // namespace

Hardware this_machine() {
  Hardware hardware;
  hardware.cores = std::thread::hardware_concurrency();
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGE_SIZE);
  if (pages > 0 && page > 0)
    hardware.ram_bytes = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
  hardware.vram_bytes = vram();
  return hardware;
}

Surroundings surroundings_of(const std::string& path) {
  Surroundings around;
  around.variable = [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  const fs::path folder = fs::path(path).parent_path() / "profiles";
  around.profile_source = [folder](std::string_view name) -> std::optional<Source> {
    const bool clean = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '-' || c == '_';
    });
    if (!clean) return std::nullopt;
    std::string trouble;
    auto found = read_source((folder / (std::string(name) + ".yaml")).string(), trouble);
    if (found) return found;
    return built_in_profile(name);
  };
  around.hardware = this_machine();
  return around;
}

Loaded load_file(const std::string& path, const Surroundings& around) {
  std::string trouble;
  const std::optional<Source> source = read_source(path, trouble);
  if (source) return load(*source, around);
  Loaded loaded;
  Problem problem;
  problem.file = path;
  problem.message = trouble;
  loaded.problems.push_back(std::move(problem));
  return loaded;
}

}  // namespace codecrucible::config

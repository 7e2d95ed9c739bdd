#include "gateway/housekeeper.hpp"

#include "gateway/state_files.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace codecrucible::gateway {
namespace {

constexpr std::chrono::seconds between_looks{2};
constexpr int looks_per_learning = 15;

// Empty if there is none.
std::string text_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return text.str();
}

}  // namespace

Housekeeper::Housekeeper(FleetDesk& fleet, RateLimits& limits, telemetry::Log& log,
                         const std::string& directory)
    : fleet_(fleet),
      limits_(limits),
      log_(log),
      directory_(directory),
      learned_file_{directory + "/fleet.json", "what was learned of the backends"},
      spent_file_{directory + "/spent.json", "the tokens that keys have used today"} {}

Housekeeper::~Housekeeper() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  keep_learned();
  keep_spent();
}

void Housekeeper::start() {
  take_up(learned_file_, [this](std::string_view text) -> core::Result<void> {
    const auto learned = learned_of(text);
    if (!learned) return learned.error();
    fleet_.with_fleet([&](fleet::Fleet& fleet) { fleet.restore(*learned); });
    return {};
  });
  take_up(spent_file_,
          [this](std::string_view text) { return limits_.take_up(text, std::chrono::system_clock::now()); });
  thread_ = std::thread([this] { work(); });
}

void Housekeeper::work() {
  MachineReader reader;
  int looks = 0;
  while (true) {
    fleet_.set_machine(reader.read());
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, between_looks, [this] { return stopping_; })) return;
    }
    keep_spent();
    if (++looks % looks_per_learning == 0) keep_learned();
  }
}

template <class Take>
void Housekeeper::take_up(File& file, Take take) {
  auto text = text_in(file.path);
  if (text.empty()) return;
  const auto taken = take(text);
  if (taken) {
    file.kept = std::move(text);
  } else {
    log_.warn("a file of the state directory cannot be read, what it holds begins anew",
              {{"holds", file.what}, {"file", file.path}, {"reason", taken.error().detail}});
  }
}

void Housekeeper::keep_learned() {
  const auto learned = fleet_.with_fleet([](fleet::Fleet& fleet) { return fleet.learned(); });
  if (!learned.empty()) keep(learned_file_, learned_text(learned));
}

void Housekeeper::keep_spent() {
  keep(spent_file_, limits_.spent_today(std::chrono::system_clock::now()));
}

void Housekeeper::keep(File& file, std::string text) {
  if (text.empty() || text == file.kept) return;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (replace_file(file.path, text)) {
    file.kept = std::move(text);
  } else if (!file.told) {
    file.told = true;
    log_.warn("a file of the state directory cannot be written", {{"holds", file.what}, {"file", file.path}});
  }
}

}  // namespace codecrucible::gateway

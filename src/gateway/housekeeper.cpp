#include "gateway/housekeeper.hpp"

#include "gateway/state_files.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace codecrucible::gateway {
namespace {

constexpr std::chrono::seconds between_looks{2};
constexpr int looks_per_keeping = 15;

}  // namespace

Housekeeper::Housekeeper(FleetDesk& fleet, telemetry::Log& log, const std::string& directory)
    : fleet_(fleet), log_(log), directory_(directory), path_(directory + "/fleet.json") {}

Housekeeper::~Housekeeper() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  keep();
}

void Housekeeper::start() {
  remember();
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
    if (++looks % looks_per_keeping == 0) keep();
  }
}

void Housekeeper::remember() {
  std::ifstream file(path_, std::ios::binary);
  if (!file) return;
  std::ostringstream text;
  text << file.rdbuf();
  const auto learned = learned_of(text.str());
  if (!learned) {
    log_.warn("what was learned of the backends cannot be read, learning begins anew",
              {{"file", path_}, {"reason", learned.error().detail}});
    return;
  }
  kept_ = text.str();
  fleet_.with_fleet([&](fleet::Fleet& fleet) { fleet.restore(*learned); });
}

void Housekeeper::keep() {
  const auto learned = fleet_.with_fleet([](fleet::Fleet& fleet) { return fleet.learned(); });
  auto text = learned_text(learned);
  if (learned.empty() || text == kept_) return;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (replace_file(path_, text)) {
    kept_ = std::move(text);
  } else if (!told_) {
    told_ = true;
    log_.warn("what was learned of the backends cannot be kept", {{"file", path_}});
  }
}

}  // namespace codecrucible::gateway
